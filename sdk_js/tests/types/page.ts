/// <reference path="../../dist/index.d.ts" />
// A page with the script tag: the global, without an import.
const page: string | undefined = mcs.mobileBackendManager.getMobileBackend("s")?.getAuthenticationType();
