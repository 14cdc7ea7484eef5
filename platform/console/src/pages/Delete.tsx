import { send } from "../api/client";
import { useLoaded } from "../api/useLoaded";
import { Confirm } from "../shell/Confirm";

interface Dependent {
  kind: string;
  name: string;
  id: string;
}

/** Moves a backend or an API to the trash, after saying what relies on it. */
export function Delete(props: { path: string; what: string; name: string; done: () => void }) {
  return (
    <Confirm
      label="Delete"
      title={`Delete ${props.what} ${props.name}`}
      danger
      act={() => send("DELETE", `${props.path}?force=true`)}
      done={props.done}
    >
      <Dependents path={props.path} />
      <p>It goes to Deleted and can be restored from there, with its ids and keys.</p>
    </Confirm>
  );
}

function Dependents({ path }: { path: string }) {
  const found = useLoaded<{ items: Dependent[] }>(`${path}/dependencies`);
  if (!found.data) return <span className="soft">Looking for what relies on it …</span>;
  if (found.data.items.length === 0) return <span>Nothing relies on it.</span>;
  return (
    <>
      <strong>These rely on it and will be refused:</strong>
      <ul>
        {found.data.items.map((one) => (
          <li key={one.id}>
            {one.kind} {one.name}
          </li>
        ))}
      </ul>
    </>
  );
}
