import { Button, Modal, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Environment } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import {
  ApisIcon,
  BackendsIcon,
  DeploymentsIcon,
  HomeIcon,
  Logo,
  LogsIcon,
  MoonIcon,
  RequestsIcon,
  SunIcon,
  SystemIcon,
  UsersIcon,
} from "./icons";
import css from "./Layout.module.css";
import { moveRow, useKeys } from "./keys";
import { useSession } from "./session";

const PLACES = [
  { to: "/", name: "Home", key: "h", Icon: HomeIcon },
  { to: "/requests", name: "Requests", key: "r", Icon: RequestsIcon },
  { to: "/logs", name: "Logs", key: "l", Icon: LogsIcon },
  { to: "/backends", name: "Backends", key: "b", Icon: BackendsIcon },
  { to: "/apis", name: "APIs", key: "a", Icon: ApisIcon },
  { to: "/deployments", name: "Deployments", key: "d", Icon: DeploymentsIcon },
  { to: "/users", name: "Users", key: "u", Icon: UsersIcon },
];

export function Layout({ children }: { children: ReactNode }) {
  const [path, go] = useLocation();
  const [help, setHelp] = useState(false);
  useKeys({
    ...Object.fromEntries(PLACES.map((place) => [`g ${place.key}`, () => go(place.to)])),
    "/": () => document.querySelector<HTMLInputElement>("input[data-search]")?.focus(),
    "?": () => setHelp(true),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    ArrowDown: () => moveRow(1),
    ArrowUp: () => moveRow(-1),
  });
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">
        Skip to content
      </a>
      <div className={css.side}>
        <Link href="/" className={css.brand}>
          <Logo /> OpenMCS
        </Link>
        <nav aria-label="Pages">
          {PLACES.map(({ to, name, key, Icon }) => {
            const here = to === "/" ? path === "/" : path.startsWith(to);
            return (
              <Link
                key={to}
                href={to}
                className={`${css.link} ${here ? css.here : ""}`}
                aria-current={here ? "page" : undefined}
                title={`g ${key}`}
              >
                <Icon />
                {name}
              </Link>
            );
          })}
        </nav>
        <Foot showHelp={() => setHelp(true)} />
      </div>
      <main className={css.main} id="content" tabIndex={-1}>
        {children}
      </main>
      <Help opened={help} close={() => setHelp(false)} />
    </div>
  );
}

function Foot({ showHelp }: { showHelp: () => void }) {
  const { name, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const environment = useLoaded<Environment>("/environment");
  return (
    <div className={css.foot}>
      <SegmentedControl
        size="xs"
        aria-label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as MantineColorScheme)}
        data={[
          { value: "light", label: <Choice name="Light" Icon={SunIcon} /> },
          { value: "auto", label: <Choice name="As the system" Icon={SystemIcon} /> },
          { value: "dark", label: <Choice name="Dark" Icon={MoonIcon} /> },
        ]}
      />
      <div className="row small">
        <span className="grow" title="Signed in">
          {name}
        </span>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={showHelp} aria-label="Keyboard help">
          ?
        </Button>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={signOut}>
          Sign out
        </Button>
      </div>
      {environment.data && (
        <div className="soft small">
          {environment.data.displayName} {environment.data.version}
        </div>
      )}
    </div>
  );
}

function Choice({ name, Icon }: { name: string; Icon: () => ReactNode }) {
  return (
    <span title={name} style={{ display: "inline-flex", verticalAlign: "middle" }}>
      <Icon />
      <span className="unseen">{name}</span>
    </span>
  );
}

const HELP: [string, string][] = [
  ["/", "search"],
  ...PLACES.map((place): [string, string] => [`g ${place.key}`, place.name]),
  ["↓ ↑ or j k", "next, previous row; in a request, the next and previous request"],
  ["Enter", "open the row"],
  ["Esc", "close"],
  ["?", "this help"],
];

function Help({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Keys" lockScroll={false} centered>
      <table className={css.keys}>
        <tbody>
          {HELP.map(([keys, meaning]) => (
            <tr key={keys}>
              <td>
                <code>{keys}</code>
              </td>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
