import { icon, ApisIcon, BackendsIcon, DeploymentsIcon, HomeIcon, LogsIcon, RequestsIcon, UsersIcon } from "./icons";

export interface Place {
  to: string;
  name: string;
  /** Pressed after `g`. */
  key: string;
  Icon: () => React.ReactNode;
  /** The least role that the page is for; the server decides, this spares a refusal. */
  role?: "developer" | "administrator";
}

const HealthIcon = icon(<path d="M3 12h4l3 7 4-14 3 7h4" />);
const AnalyticsIcon = icon(<path d="M12 3a9 9 0 1 0 9 9h-9Z" />);
const PoliciesIcon = icon(<path d="M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5" />);
const ConnectorsIcon = icon(<path d="M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4" />);
const ConfigurationIcon = icon(<path d="M15 9.5a4.5 4.5 0 1 0-4.3 4.5L13 16.5h2.5V19H18v2h3v-3l-6.3-6.3A4.5 4.5 0 0 0 15 9.5ZM9 8.5h.01" />);
const TeamIcon = icon(
  <>
    <path d="M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6Z" />
    <path d="m9 12 2 2 4-4" />
  </>,
);
const DeletedIcon = icon(<path d="M4 7h16M10 11v6m4-6v6M6 7l1 13h10l1-13M9 7V4h6v3" />);
const ActivityIcon = icon(
  <>
    <path d="M3.5 12a8.5 8.5 0 1 0 2.5-6" />
    <path d="M3 4v4h4m5-1v5l3.5 2" />
  </>,
);

export const GROUPS: { name: string; places: Place[] }[] = [
  {
    name: "Watch",
    places: [
      { to: "/", name: "Home", key: "h", Icon: HomeIcon },
      { to: "/requests", name: "Requests", key: "r", Icon: RequestsIcon },
      { to: "/logs", name: "Logs", key: "l", Icon: LogsIcon },
      { to: "/health", name: "Health", key: "e", Icon: HealthIcon },
      { to: "/analytics", name: "Analytics", key: "n", Icon: AnalyticsIcon },
    ],
  },
  {
    name: "Build",
    places: [
      { to: "/backends", name: "Backends", key: "b", Icon: BackendsIcon },
      { to: "/apis", name: "APIs", key: "a", Icon: ApisIcon },
      { to: "/connectors", name: "Connectors", key: "o", Icon: ConnectorsIcon, role: "developer" },
      { to: "/configuration", name: "Configuration", key: "f", Icon: ConfigurationIcon, role: "developer" },
      { to: "/deployments", name: "Deployments", key: "d", Icon: DeploymentsIcon },
    ],
  },
  {
    name: "Manage",
    places: [
      { to: "/users", name: "Users and roles", key: "u", Icon: UsersIcon, role: "developer" },
      { to: "/policies", name: "Policies", key: "p", Icon: PoliciesIcon },
      { to: "/team", name: "Team", key: "t", Icon: TeamIcon },
      { to: "/deleted", name: "Deleted", key: "x", Icon: DeletedIcon },
      { to: "/activity", name: "Activity", key: "c", Icon: ActivityIcon, role: "developer" },
    ],
  },
];

export const PLACES = GROUPS.flatMap((group) => group.places);
