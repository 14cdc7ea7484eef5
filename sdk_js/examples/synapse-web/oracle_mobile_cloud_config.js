// The configuration of the sample backend, for the platform that `make run` starts.
var mcs_config = {
  logLevel: 2,
  mobileBackends: {
    synapse: {
      default: true,
      baseUrl: "http://localhost:8080",
      applicationKey: "7a1c0c1f-2b43-4c3c-9f1e-0b6f5c2d9a10",
      authorization: {
        basicAuth: {
          backendId: "5f0c2c1e-9d5b-4a53-8f0d-2d5a3c1b7e64",
          anonymousToken: "T1BFTk1DU19TWU5BUFNFX01PQklMRV9BTk9OWU1PVVNfQVBQSUQ6c3luYXBzZS1zYW1wbGUta2V5",
        },
      },
    },
  },
};
