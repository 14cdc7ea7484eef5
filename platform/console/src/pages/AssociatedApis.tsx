import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { send } from "../api/client";
import type { Api, Backend, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Empty, Panel } from "../shell/parts";
import { useSession } from "../shell/session";

/** The APIs that apps of the backend can reach. */
export function AssociatedApis(props: { backend: Backend; changed: (backend: Backend) => void; failed: (error: Error) => void }) {
  const { backend } = props;
  const { may } = useSession();
  const apis = useLoaded<Page<Api>>(may("developer") ? "/apis" : null, { limit: 1000 });
  const [chosen, setChosen] = useState("");
  const free = (apis.data?.items ?? []).filter((api) => !backend.apis.some((one) => one.id === api.id));
  const associate = (method: "PUT" | "DELETE", id: string) => {
    setChosen("");
    send<Backend>(method, `/mobilebackends/${backend.id}/apis/${id}`).then(props.changed, props.failed);
  };
  return (
    <Panel
      title="APIs"
      flush
      tools={
        may("developer") && (
          <>
            <NativeSelect
              size="xs"
              aria-label="API to associate"
              value={chosen}
              onChange={(event) => setChosen(event.currentTarget.value)}
              data={[
                { value: "", label: free.length > 0 ? "Choose an API" : "No other API" },
                ...free.map((api) => ({ value: api.id, label: `${api.name} ${api.version}` })),
              ]}
            />
            <Button size="compact-sm" variant="default" disabled={!chosen} onClick={() => associate("PUT", chosen)}>
              Associate
            </Button>
          </>
        )
      }
    >
      {backend.apis.length === 0 && (
        <Empty title="No APIs yet">The app can reach only the APIs that are associated here.</Empty>
      )}
      <table className="list" aria-label="APIs">
        <tbody>
          {backend.apis.map((api) => (
            <tr key={api.id}>
              <td>
                <Link href={`/apis/${api.id}`}>{api.name}</Link> <span className="soft">{api.version}</span>
                <div className="soft small">{api.title}</div>
              </td>
              <td className="number">
                {may("developer") && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="red"
                    aria-label={`Remove ${api.name} ${api.version}`}
                    onClick={() => associate("DELETE", api.id)}
                  >
                    Remove
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
