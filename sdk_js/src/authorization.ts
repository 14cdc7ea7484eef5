import type { MobileBackend } from "./backend";
import { base64 } from "./base64";
import { optionsOf, settle, statusAndData, type FailureCallback, type SuccessCallback, type Tail } from "./callbacks";
import type { BasicSettings } from "./config";
import { McsError, type NetworkResponse, type RequestOptions } from "./network";
import { read, write } from "./store";
import { User } from "./user";

/** What `getCurrentUser` resolves with. */
export interface UserResponse extends NetworkResponse {
  /** The user; `null` if the platform answered without a JSON object. */
  user: User | null;
}

/** A login that the platform has accepted. */
interface Session {
  credentials: string;
  username: string | null;
}

/**
 * Logs users of a backend in and out, with user name and password (HTTP Basic) or anonymously.
 *
 * Every login is one request to the platform. An attempt ends the login before it: after a failure nobody is
 * logged in. When several attempts overlap, the latest one counts.
 */
export class Authorization {
  private readonly backend: MobileBackend;
  private readonly basic: BasicSettings;
  private session: Session | null = null;
  private attempts = 0;

  /** @internal */
  constructor(backend: MobileBackend, basic: BasicSettings) {
    this.backend = backend;
    this.basic = basic;
  }

  /** Whether somebody is logged in, be it anonymously. */
  get isAuthorized(): boolean {
    return this.session !== null;
  }

  /** The same as `isAuthorized`, as a call. */
  getIsAuthorized(): boolean {
    return this.isAuthorized;
  }

  /** Whether the anonymous user is logged in. */
  getIsAnonymous(): boolean {
    return this.session !== null && this.session.username === null;
  }

  /** The same as `getAuthorizedUserName()`, as a property. */
  get authorizedUserName(): string | null {
    return this.getAuthorizedUserName();
  }

  /**
   * Logs a user in. An empty name or password fails with status 400 and `"Bad Request"` without a request.
   */
  authenticate(username: string, password: string, options?: RequestOptions): Promise<NetworkResponse>;
  authenticate(
    username: string,
    password: string,
    success: SuccessCallback | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse | undefined>;
  authenticate(username: string, password: string, ...tail: Tail): Promise<any> {
    const credentials = username && password ? base64(`${username}:${password}`) : undefined;
    return settle(this.login(credentials, username, optionsOf(tail)), tail, statusAndData);
  }

  /**
   * Logs in as the backend's anonymous user. Fails with status 400 if the configuration has no anonymous credentials.
   */
  authenticateAnonymous(options?: RequestOptions): Promise<NetworkResponse>;
  authenticateAnonymous(
    success: SuccessCallback | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse | undefined>;
  authenticateAnonymous(...tail: Tail): Promise<any> {
    const login = this.login(this.basic.anonymousToken, null, optionsOf(tail));
    return settle(this.withToken(login), tail, statusAndData);
  }

  /** Forgets the credentials, also those in the store; sends no request. */
  logout(): void {
    this.forget();
    void write(this.backend.settings.store, this.key(), null);
  }

  /**
   * Takes up the login that the configuration's store has kept, without a request. Resolves with whether there was
   * one. A login that happened meanwhile stays.
   */
  async restore(): Promise<boolean> {
    const attempt = this.attempts;
    const session = sessionOf(await read(this.backend.settings.store, this.key()));
    if (session && attempt === this.attempts && !this.session) this.session = session;
    return this.session !== null;
  }

  /** Whether calls are sent with credentials. Basic credentials do not expire on the client. */
  isTokenValid(): boolean {
    return this.isAuthorized;
  }

  /** What calls send after `Basic `; `null` if nobody is logged in. */
  getAccessToken(): string | null {
    return this.session && this.session.credentials;
  }

  /**
   * Answers from what is known, without a request: 200 and the credentials while somebody is logged in, else 401.
   * Basic credentials need no refreshing.
   */
  refreshToken(): Promise<NetworkResponse>;
  refreshToken(
    success: SuccessCallback<string> | null | undefined,
    failure?: FailureCallback | null,
  ): Promise<NetworkResponse | undefined>;
  refreshToken(...tail: any[]): Promise<any> {
    const token = this.getAccessToken();
    const refused = new McsError("refreshToken: nobody is logged in", 401, "Unauthorized");
    const answer = token === null ? Promise.reject(refused) : Promise.resolve({ statusCode: 200, data: token, headers: {} });
    return settle(answer, tail, statusAndData);
  }

  /** The backend's id. */
  getBackendId(): string {
    return this.basic.backendId;
  }

  /** The application key of the configuration. */
  getApplicationKey(): string | undefined {
    return this.backend.settings.applicationKey;
  }

  /** The anonymous credentials of the configuration. */
  getAnonymousToken(): string | undefined {
    return this.basic.anonymousToken;
  }

  /** The name the user has logged in with; `null` if nobody or the anonymous user is logged in. */
  getAuthorizedUserName(): string | null {
    return this.session && this.session.username;
  }

  /** Asks the platform who is logged in. The success callback gets `(status, user)`. */
  getCurrentUser(options?: RequestOptions): Promise<UserResponse>;
  getCurrentUser(
    success: SuccessCallback<User | null> | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<UserResponse | undefined>;
  getCurrentUser(...tail: Tail): Promise<any> {
    return settle(this.fetchUser(optionsOf(tail)), tail, (response) => [response.statusCode, response.user]);
  }

  /** The headers that name the backend and the user. @internal */
  headers(): Record<string, string> {
    const headers: Record<string, string> = { "Oracle-Mobile-Backend-Id": this.basic.backendId };
    if (this.session) headers.Authorization = "Basic " + this.session.credentials;
    return headers;
  }

  /** The anonymous credentials of the configuration; throws a 400 if there are none. @internal */
  anonymousCredentials(): string {
    return required(this.basic.anonymousToken);
  }

  private async login(
    credentials: string | undefined,
    username: string | null,
    options: RequestOptions,
  ): Promise<NetworkResponse> {
    this.logout();
    const attempt = this.attempts;
    const checked = required(credentials);
    const { backend } = this;
    const response = await backend.send({
      ...options,
      method: "GET",
      url: backend.getPlatformUrl("users/login"),
      headers: { ...backend.identityHeaders("Authorization"), Authorization: "Basic " + checked },
    });
    if (attempt === this.attempts) {
      this.session = { credentials: checked, username };
      void write(backend.settings.store, this.key(), JSON.stringify(this.session));
    }
    return response;
  }

  private async withToken(login: Promise<NetworkResponse>): Promise<NetworkResponse & { accessToken: string | null }> {
    const response = await login;
    return { ...response, accessToken: this.getAccessToken() };
  }

  private forget(): void {
    this.backend.analytics.identityEnds();
    this.attempts++;
    this.session = null;
  }

  /** Of this backend at this address: credentials never go to another. */
  private key(): string {
    const { baseUrl } = this.backend.settings;
    return `openmcs.${baseUrl}.${this.basic.backendId}.login`;
  }

  private async fetchUser(options: RequestOptions): Promise<UserResponse> {
    const { backend } = this;
    const response = await backend.send({
      ...options,
      method: "GET",
      url: backend.getPlatformUrl("users/~"),
      headers: backend.getHttpHeaders("Authorization"),
    });
    const { data } = response;
    const user = typeof data === "object" && data !== null && !Array.isArray(data) ? new User(data) : null;
    return { ...response, user };
  }
}

function sessionOf(kept: string | null): Session | null {
  try {
    const { credentials, username } = JSON.parse(kept ?? "{}") as Partial<Session>;
    return typeof credentials === "string" ? { credentials, username: username ?? null } : null;
  } catch {
    return null;
  }
}

function required(credentials: string | undefined): string {
  if (credentials) return credentials;
  throw new McsError("login: a user name and a password, or anonymous credentials in the configuration, are needed", 400, "Bad Request");
}
