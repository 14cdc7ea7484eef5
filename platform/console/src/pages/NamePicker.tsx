import type { Api, Backend } from "../api/types";
import { Picker } from "../shell/Picker";

const OF = {
  backend: { label: "Backend", any: "Any backend", path: "/mobilebackends" },
  api: { label: "API", any: "Any API", path: "/apis" },
};

/** A filter by a backend's or an API's name, of all its versions. */
export function NamePicker(props: { of: keyof typeof OF; value: string; change: (value: string) => void }) {
  return (
    <Picker<Api | Backend>
      {...OF[props.of]}
      width={160}
      value={props.value}
      option={({ name }) => ({ value: name, label: name })}
      change={props.change}
    />
  );
}
