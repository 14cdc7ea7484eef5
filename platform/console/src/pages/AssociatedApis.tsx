import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { send } from "../api/client";
import type { Api, ApiReference, Backend } from "../api/types";
import { Empty, Panel } from "../shell/parts";
import { Exports } from "../shell/DataTable";
import type { Field } from "../shell/saving";
import { Picker } from "../shell/Picker";
import { useSession } from "../shell/session";

const FIELDS: Field<ApiReference>[] = [
  { head: "API", text: (one) => one.name },
  { head: "Version", text: (one) => one.version },
  { head: "Title", text: (one) => one.title },
];

/** The APIs that apps of the backend can reach. */
export function AssociatedApis(props: { backend: Backend; changed: (backend: Backend) => void; failed: (error: Error) => void }) {
  const { backend } = props;
  const { may } = useSession();
  const [chosen, setChosen] = useState<Api | null>(null);
  const associate = (method: "PUT" | "DELETE", id: string) => {
    setChosen(null);
    send<Backend>(method, `/mobilebackends/${backend.id}/apis/${id}`).then(props.changed, props.failed);
  };
  return (
    <Panel
      title="APIs"
      flush
      tools={
        may("developer") && (
          <>
            <Exports name="APIs" fields={FIELDS} all={() => backend.apis} />
            <Picker<Api>
              size="xs"
              label="API to associate"
              path="/apis"
              value={chosen ? `${chosen.name} ${chosen.version}` : ""}
              option={(api) => ({ value: api.id, label: `${api.name} ${api.version}` })}
              change={(_, api) => setChosen(api)}
            />
            <Button
              size="compact-sm"
              variant="default"
              disabled={!chosen || backend.apis.some((one) => one.id === chosen.id)}
              onClick={() => chosen && associate("PUT", chosen.id)}
            >
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
