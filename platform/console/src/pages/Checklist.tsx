import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import type { Api, Backend, Kpis, Page, TeamMember } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Panel } from "../shell/parts";
import { useSession } from "../shell/session";
import css from "./HomePage.module.css";

const KEY = "openmcs-checklist";

/** The first steps of a new installation; done ones are ticked, and when all are the list is gone. */
export function Checklist({ kpis }: { kpis: Kpis }) {
  const { may, name } = useSession();
  const [hidden, setHidden] = useState(() => localStorage.getItem(KEY) === "hidden");
  const wanted = !hidden && may("developer");
  const apis = useLoaded<Page<Api>>(wanted ? "/apis" : null, { limit: 100 });
  const backends = useLoaded<Page<Backend>>(wanted ? "/mobilebackends" : null, { limit: 100 });
  const team = useLoaded<Page<TeamMember>>(wanted ? "/team" : null, { limit: 100 });
  if (!wanted || !apis.data || !backends.data || !team.data) return null;
  const backend = backends.data.items.find((one) => one.apis.length > 0);
  const steps = [
    { done: apis.data.totalResults > 0, to: "/apis", text: "Add an API from RAML, or design one: a mock answers at once" },
    { done: backend !== undefined, to: "/backends", text: "Make a backend and associate the API" },
    {
      done: kpis.total.calls > 0,
      to: backend ? `/backends/${backend.id}` : "/backends",
      text: "Call it: the backend's page has a curl line with the real key",
    },
    {
      done: apis.data.items.some((one) => one.implementation !== null),
      to: apis.data.items[0] ? `/apis/${apis.data.items[0].id}` : "/apis",
      text: "Upload an implementation in place of the mock",
    },
    {
      done: team.data.items.some((one) => one.hasPassword),
      to: name === "local" ? "/team" : "/account",
      text: "Give yourself a team member with a password, so that you need no link to sign in",
    },
  ];
  if (steps.every((step) => step.done)) return null;
  const hide = () => {
    localStorage.setItem(KEY, "hidden");
    setHidden(true);
  };
  return (
    <Panel
      title="First steps"
      tools={
        <Button size="compact-xs" variant="subtle" color="gray" onClick={hide}>
          Hide
        </Button>
      }
    >
      <ol className={css.checks} data-testid="checklist">
        {steps.map((step) => (
          <li key={step.text}>
            <span aria-hidden="true">{step.done ? "✓" : "○"}</span>
            {step.done ? (
              <span className="soft">
                {step.text} <span className="unseen">(done)</span>
              </span>
            ) : (
              <Link href={step.to}>{step.text}</Link>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
