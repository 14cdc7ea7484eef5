import { NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useSession } from "../shell/session";
import type { Credentials } from "./calling";
import css from "./TestPage.module.css";

/** Who a test call is made as; credentials are sent once and kept nowhere. */
export function CallerFields(props: { caller: Credentials; change: (caller: Credentials) => void; was?: string }) {
  const { caller, change } = props;
  const { name } = useSession();
  const choose = (as: string) => {
    if (as === "user") change({ as, user: props.was ?? "", password: "" });
    else change({ as: as === "me" ? "me" : "anonymous" });
  };
  return (
    <>
      <NativeSelect
        label="Caller"
        value={caller.as}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: "anonymous", label: "anonymous" },
          { value: "me", label: `me: the mobile user ${name ?? ""}` },
          { value: "user", label: "a mobile user" },
        ]}
      />
      {caller.as === "user" && (
        <>
          <TextInput
            label="User name"
            required
            autoComplete="off"
            value={caller.user}
            onChange={(event) => change({ ...caller, user: event.currentTarget.value })}
          />
          <PasswordInput
            label="Password"
            required
            autoComplete="off"
            className={css.password ?? ""}
            value={caller.password}
            onChange={(event) => change({ ...caller, password: event.currentTarget.value })}
          />
        </>
      )}
    </>
  );
}
