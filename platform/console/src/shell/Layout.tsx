import { Button, Modal, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Environment } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Logo, MoonIcon, SunIcon, SystemIcon } from "./icons";
import css from "./Layout.module.css";
import { moveRow, useKeys } from "./keys";
import { Palette } from "./Palette";
import { GROUPS, PLACES } from "./places";
import { useSession } from "./session";

export function Layout({ children }: { children: ReactNode }) {
  const [path, go] = useLocation();
  const [help, setHelp] = useState(false);
  const [menu, setMenu] = useState(false);
  useEffect(() => setMenu(false), [path]);
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
      <header className={css.side}>
        <div className={css.top}>
          <Link href="/" className={css.brand}>
            <Logo /> OpenMCS
          </Link>
          <Button
            className={css.toggle ?? ""}
            size="compact-sm"
            variant="default"
            aria-expanded={menu}
            aria-controls="pages"
            onClick={() => setMenu(!menu)}
          >
            Menu
          </Button>
        </div>
        <div id="pages" className={`${css.pages} ${menu ? css.shown : ""}`}>
          <Pages path={path} />
          <Foot showHelp={() => setHelp(true)} />
        </div>
      </header>
      <main className={css.main} id="content" tabIndex={-1}>
        {children}
      </main>
      <Palette />
      <Help opened={help} close={() => setHelp(false)} />
    </div>
  );
}

function Pages({ path }: { path: string }) {
  const { may } = useSession();
  return (
    <nav aria-label="Pages">
      {GROUPS.map((group) => (
        <div key={group.name} className={css.group}>
          <div className={css.groupName}>{group.name}</div>
          {group.places
            .filter((place) => may(place.role ?? "analyst"))
            .map(({ to, name, key, Icon }) => {
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
        </div>
      ))}
    </nav>
  );
}

function Foot({ showHelp }: { showHelp: () => void }) {
  const { name, role, signOut } = useSession();
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
        <Link href="/account" className="grow short" title={`Signed in as ${name ?? ""}, ${role}`}>
          {name}
        </Link>
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
    <span title={name} className={css.choice}>
      <Icon />
      <span className="unseen">{name}</span>
    </span>
  );
}

const HELP: [string, string][] = [
  ["Ctrl+K", "go anywhere: pages, backends, APIs, an ECID"],
  ["/", "search"],
  ...PLACES.map((place): [string, string] => [`g ${place.key}`, place.name]),
  ["↓ ↑ or j k", "next, previous row; in a request, the next and previous request"],
  ["Enter", "open the row"],
  ["l, r", "live on and off, refresh (Requests, Logs)"],
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
