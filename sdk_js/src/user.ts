/** The user that is logged in, as the platform describes it. */
export class User {
  readonly id: string | undefined;
  readonly username: string | undefined;
  readonly firstName: string | undefined;
  readonly lastName: string | undefined;
  readonly email: string | undefined;
  /** Everything else the platform tells, without `links`. */
  readonly properties: Record<string, unknown>;

  /** `data` is the JSON object that the platform answered. */
  constructor(data: Record<string, any>) {
    const { id, username, firstName, lastName, email, links: _links, ...properties } = data;
    this.id = id;
    this.username = username;
    this.firstName = firstName;
    this.lastName = lastName;
    this.email = email;
    this.properties = properties;
  }

  /** The id of the user. */
  getId(): string | undefined {
    return this.id;
  }

  /** The name the user logs in with. */
  getUsername(): string | undefined {
    return this.username;
  }

  /** The first name. */
  getFirstName(): string | undefined {
    return this.firstName;
  }

  /** The last name. */
  getLastName(): string | undefined {
    return this.lastName;
  }

  /** The mail address. */
  getEmail(): string | undefined {
    return this.email;
  }

  /** Everything else the platform tells. */
  getProperties(): Record<string, unknown> {
    return this.properties;
  }
}
