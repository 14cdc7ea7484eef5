import { useEffect, useState } from "react";
import { modelOf, type Checked, type Model } from "../api/raml";
import { send } from "../api/client";
import type { Api } from "../api/types";

/** What is in an API's definition. */
export function useModel(api: Api): { model: Model | undefined; error: Error | undefined } {
  const [state, setState] = useState<{ model?: Model; error?: Error }>({});
  const { files, root } = api;
  useEffect(() => {
    let current = true;
    send<Checked>("POST", "/apis/raml", { files, root }).then(
      (checked) => current && setState({ model: modelOf(checked) }),
      (error: Error) => current && setState({ error }),
    );
    return () => {
      current = false;
    };
  }, [files, root]);
  return { model: state.model, error: state.error };
}
