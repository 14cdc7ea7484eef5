/** The shapes of the tools API, as docs/tools-api.md gives them. */

export interface Page<T> {
  items: T[];
  count: number;
  limit: number;
  offset: number;
  totalResults: number;
  /** The log was not counted to its end: there may be more. */
  totalIsLeast?: boolean;
  hasMore: boolean;
  cursor?: string;
}

export interface Environment {
  baseUri: string;
  displayName: string;
  version: string;
  isolation: Record<string, unknown>;
  startedAt: string;
}

export interface Finding {
  code?: string;
  severity?: string;
  message: string;
  file?: string | null;
  line?: number | null;
  column?: number | null;
}

export interface ApiReference {
  id: string;
  name: string;
  version: string;
  title?: string;
}

export interface Client {
  name: string;
  platform: string;
  clientId: string;
  version: string;
  applicationKey: string | null;
}

export interface Backend {
  id: string;
  name: string;
  version: string;
  description: string;
  published: boolean;
  basicAuth: boolean;
  anonymousAuth: boolean;
  realm: string;
  corsOrigins: string[];
  appPolicies: Record<string, unknown>;
  apis: ApiReference[];
  clients: Client[];
  createdAt: string;
  modifiedAt: string;
  etag: number;
  backendId?: string;
  anonymousKey?: string;
  baseUrl?: string;
  /** Whatever of its address may trouble apps. */
  warnings?: string[];
}

export interface Security {
  loginRequired: boolean;
  roles: string[];
  endpoints: { method: string; path: string; roles: string[] }[];
}

export interface Resource {
  path: string;
  methods: string[];
}

export interface Implementation {
  id: string;
  name: string;
  version: string;
  description: string;
  active: boolean;
  published: boolean;
  artifactId: string;
  uploadedBy: string;
  uploadedAt: string;
  dependencies: string[];
  network: string[];
  apis: Record<string, string>;
  main: string;
  routes: { method: string; path: string }[];
  missingRoutes: { method: string; path: string }[];
}

export interface Api {
  id: string;
  name: string;
  version: string;
  title: string;
  desc: string;
  basePath: string;
  published: boolean;
  category: string;
  security: Security;
  implementation: { id: string; name: string; version: string } | null;
  createdAt: string;
  modifiedAt: string;
  etag: number;
  apiDefn?: string[];
  files?: Record<string, string>;
  root?: string;
  resources?: Resource[];
  warnings?: Finding[];
}

export interface RamlCheck {
  valid: boolean;
  errors: Finding[];
  warnings: Finding[];
  resources: Resource[];
  title: string | null;
  version: string | null;
}

export interface Upload {
  implementationId: string;
  artifactId: string;
  unresolvedDependencies: { name: string; version: string }[];
  implementation: Implementation;
  buildLog: string;
}

export interface Deployment {
  id: string;
  at: string;
  kind: string;
  subject: string;
  by: string;
  succeeded: boolean;
  summary: string;
  findings: Finding[];
  buildLog: string | null;
}

export interface MobileUser {
  id: string;
  username: string;
  realm?: string;
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  createdAt?: string;
  roles?: string[];
}

export interface TeamMember {
  id: string;
  name: string;
  role: "analyst" | "developer" | "administrator";
  disabled: boolean;
  hasPassword: boolean;
  createdAt: string;
}

export interface Call {
  time: string;
  ecid: string;
  rid: string;
  backend: string | null;
  backendVersion: string | null;
  api: string | null;
  apiVersion: string | null;
  resource: string | null;
  method: string;
  path: string;
  status: number;
  durationMs: number;
  workerMs: number | null;
  bytesIn: number | null;
  bytesOut: number | null;
  callerKind: string | null;
  user: string | null;
  applicationKey: string | null;
  clientSdk: string | null;
  deviceId: string | null;
  sessionId: string | null;
  clientTime: string | null;
  implementation: string | null;
  errorCode: string | null;
  errorDetail: string | null;
  messages: number;
  worst: string | null;
}

export interface LogLine {
  time: string;
  ecid: string | null;
  level: string;
  message: string;
  logger: string | null;
  backend: string | null;
  api: string | null;
  apiVersion: string | null;
  implementation: string | null;
  user: string | null;
  file: string | null;
  line: number | null;
}

export interface CallTree {
  requests: Call[];
  messages: LogLine[];
}

export interface Totals {
  calls: number;
  errors: number;
  errorRate: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  users: number;
  bytesOut: number;
  lost: number;
}

export interface Bucket {
  time: string;
  ok: number;
  clientErrors: number;
  serverErrors: number;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface Kpis {
  from: string;
  to: string;
  bucketSeconds: number;
  total: Totals;
  previous: Totals;
  series: Bucket[];
  backends: {
    backend: string;
    calls: number;
    errors: number;
    errorRate: number;
    p50Ms: number | null;
    p95Ms: number | null;
    series: number[];
  }[];
  endpoints: { api: string; method: string; resource: string; calls: number; errors: number; p95Ms: number | null }[];
}

export interface Deleted {
  id: string;
  kind: string;
  name: string;
  deletedBy: string;
  deletedAt: string;
}

export interface Activity {
  id: string;
  at: string;
  by: string;
  action: string;
  kind: string;
  asset: string;
  name: string;
  changes: { field: string; before: string | null; after: string | null }[];
  undoable: boolean;
  undoneBy: string | null;
}

export interface Realms {
  realms: { name: string; users: number }[];
  roles: { name: string; users: number; apis: string[] }[];
}

export interface Policy {
  name: string;
  policy: string;
  scope: string;
  value: unknown;
  /** The value as it is written in policies.properties. */
  text: string;
  default: unknown;
  type: string;
  unit?: string | null;
  choices: string[];
  served: boolean;
  isDefault: boolean;
  desc: string;
  modifiedBy: string | null;
  modifiedAt: string | null;
}

export interface PolicyChange {
  id: string;
  at: string;
  by: string;
  comment?: string;
  changes: { name: string; before: unknown; after: unknown }[];
  undone: boolean;
}

export interface Rule {
  resource: string;
  methods: string[];
  headers: Record<string, string>;
  query: Record<string, string>;
}

/** What a port of a WSDL can do. */
export interface Operation {
  name: string;
  action: string;
  input: string;
  output: string;
}

export interface Connector {
  id: string;
  name: string;
  version: string;
  kind: string;
  title: string;
  desc: string;
  baseUrl: string;
  published: boolean;
  /** SOAP only. */
  port: string;
  operations: Operation[];
  rules: Rule[];
  allow: string[];
  connectTimeoutMs: number | null;
  readTimeoutMs: number | null;
  /** What may be seen of them: never the secret part. */
  credentials: { kind: string; username?: string; name?: string } | null;
  createdAt: string;
  modifiedAt: string;
  etag: number;
}

export interface Trial {
  status: number | null;
  headers: Record<string, string>;
  body: string;
  durationMs: number;
  error: string | null;
}

export interface ConfigurationValue {
  name: string;
  secret: boolean;
  value: string | null;
  modifiedBy: string;
  modifiedAt: string;
  owner?: { kind: "api" | "backend"; id: string; name: string; version: string };
}

export interface Worker {
  pid: number;
  startedAt: string;
  rssBytes: number | null;
  pssBytes: number | null;
  cpuSeconds: number | null;
  inFlight: number;
  done: number;
  leaving: boolean;
  isolation: string | null;
  additions: string[];
  missing: Record<string, string>;
  cpuLease: boolean;
  probes: { name: string; shut: boolean }[];
}

export interface Serving {
  gateway: { node: string; pid: number; at: string; here: boolean };
  apiId: string;
  implementation: string | null;
  asleep?: boolean;
  waiting?: number;
  failure: string | null;
  network?: string[];
  workers: Worker[];
}
