import { Button, Modal } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { ErrorNotice } from "./parts";

/** A button for what cannot be taken back easily: it asks first, and says what will be. */
export function Confirm(props: {
  label: string;
  title: string;
  children: ReactNode;
  act: () => Promise<unknown>;
  done: () => void;
  danger?: boolean;
  small?: boolean;
  disabled?: boolean;
  name?: string;
}) {
  const [opened, setOpened] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const colour = props.danger ? { color: "red" } : {};
  const act = () => {
    setBusy(true);
    setError(undefined);
    props
      .act()
      .then(() => {
        setOpened(false);
        props.done();
      }, setError)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Button
        size={props.small ? "compact-xs" : "sm"}
        variant={props.small ? "subtle" : "default"}
        disabled={props.disabled ?? false}
        aria-label={props.name}
        onClick={() => {
          setError(undefined);
          setOpened(true);
        }}
        {...colour}
      >
        {props.label}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={props.title} lockScroll={false}>
        <div className="stack">
          <div>{opened && props.children}</div>
          <ErrorNotice error={error} />
          <div className="row">
            <Button onClick={act} disabled={busy} {...colour}>
              {props.label}
            </Button>
            <Button variant="subtle" color="gray" onClick={() => setOpened(false)}>
              Cancel
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
