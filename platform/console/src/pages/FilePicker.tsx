import { Button } from "@mantine/core";
import { useRef, useState, type DragEvent } from "react";
import css from "./FilePicker.module.css";

/** A field for files that also takes them dropped; the input stays reachable by keyboard and by label. */
export function FilePicker(props: {
  label: string;
  hint?: string;
  accept: string;
  multiple?: boolean;
  disabled?: boolean;
  testId: string;
  take: (files: File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    if (files && files.length > 0 && !props.disabled) props.take([...files]);
    if (input.current) input.current.value = "";
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <div
      className={`${css.zone} ${over ? css.over : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={input}
        type="file"
        className="unseen"
        tabIndex={-1}
        aria-label={props.label}
        accept={props.accept}
        multiple={props.multiple}
        disabled={props.disabled}
        onChange={(event) => take(event.currentTarget.files)}
        data-testid={props.testId}
      />
      <Button variant="default" disabled={props.disabled} onClick={() => input.current?.click()}>
        {props.label}
      </Button>
      <span className="soft small">{props.hint}</span>
    </div>
  );
}
