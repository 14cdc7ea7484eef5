import { Loader } from "@mantine/core";
import type { ReactNode } from "react";
import type { Loaded } from "../api/useLoaded";
import { Empty, ErrorNotice } from "../shell/parts";

export interface Base {
  from: string;
  backend: string;
}

/** An answer when it is there; else what became of the question. */
export function Answered<T>(props: {
  asked: Loaded<T> & { missing?: boolean };
  empty?: (data: T) => boolean;
  nothing?: string;
  children: (data: T) => ReactNode;
}) {
  const { asked } = props;
  if (asked.missing) return <Empty title="This platform does not answer this question">It comes with the next version.</Empty>;
  if (asked.error) return <ErrorNotice error={asked.error} />;
  if (!asked.data) return <Loader aria-label="Loading" />;
  if (props.empty?.(asked.data)) return <Empty title="Nothing in this period">{props.nothing}</Empty>;
  return props.children(asked.data);
}
