import { Loader } from "@mantine/core";
import type { Answer, Body, MethodModel, Parameter } from "../api/raml";
import type { Api } from "../api/types";
import { CopyBlock, Empty, ErrorNotice, Method, Panel, StatusTag } from "../shell/parts";
import css from "./Documentation.module.css";
import { useModel } from "./useModel";

/** What the API's RAML says, to be read by whoever writes an app. */
export function Documentation({ api }: { api: Api }) {
  const { model, error } = useModel(api);
  if (!model) return error ? <ErrorNotice error={error} /> : <Loader aria-label="Loading" />;
  return (
    <>
      {model.description && <p className={css.text}>{model.description}</p>}
      {model.resources.length === 0 && <Empty title="No resources yet">Add the first one in the designer.</Empty>}
      {model.resources
        .filter((resource) => resource.methods.length > 0)
        .map((resource) => (
          <Panel key={resource.path} title={
              <h2 className={css.path}>
                <code>{api.basePath + resource.path}</code>
              </h2>
            }>
            <div className="stack">
              {(resource.displayName || resource.description) && (
                <p className={css.text}>{[resource.displayName, resource.description].filter(Boolean).join(": ")}</p>
              )}
              <Parameters title="In the path" rows={resource.uriParameters} />
              {resource.methods.map((method) => (
                <Endpoint key={method.verb} method={method} />
              ))}
            </div>
          </Panel>
        ))}
      {model.types.length > 0 && (
        <Panel title="Types">
          <div className="stack">
            {model.types.map((type) => (
              <details key={type.name}>
                <summary>
                  <strong>{type.name}</strong> <span className="soft">{type.description}</span>
                </summary>
                <CopyBlock label={`Schema of ${type.name}`} text={JSON.stringify(type.schema, null, 2)} />
              </details>
            ))}
          </div>
        </Panel>
      )}
    </>
  );
}

function Endpoint({ method }: { method: MethodModel }) {
  return (
    <section className={css.endpoint}>
      <h3>
        <Method name={method.verb} /> {method.displayName}
      </h3>
      {method.description && <p className={css.text}>{method.description}</p>}
      <Parameters title="In the query" rows={method.queryParameters} />
      <Parameters title="Headers" rows={method.headers} />
      <Bodies title="Body" bodies={method.bodies} />
      {method.responses.map((answer) => (
        <AnswerPart key={answer.status} answer={answer} />
      ))}
    </section>
  );
}

function AnswerPart({ answer }: { answer: Answer }) {
  return (
    <div>
      <div className="row">
        <StatusTag status={answer.status} /> <span>{answer.description}</span>
      </div>
      <Parameters title="Headers of the answer" rows={answer.headers} />
      <Bodies title="Answer" bodies={answer.bodies} />
    </div>
  );
}

function Bodies({ title, bodies }: { title: string; bodies: Body[] }) {
  return bodies.map((body) => (
    <div key={body.mediaType}>
      <div className="soft small">
        {title}: {body.mediaType} {body.type && <code>{body.type.slice(0, 80)}</code>}
      </div>
      {body.example !== null && <CopyBlock label={`${title} example`} text={body.example} />}
    </div>
  ));
}

function Parameters({ title, rows }: { title: string; rows: Parameter[] }) {
  if (rows.length === 0) return null;
  return (
    <table className="list" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">Type</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <td>
              <code>{row.name}</code> {row.required && <span className="small">required</span>}
            </td>
            <td>
              {row.type} <span className="soft small">{rules(row)}</span>
            </td>
            <td className="wide">{[row.description, row.example && `such as ${row.example}`].filter(Boolean).join(", ") || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function rules(row: Parameter): string {
  return [
    row.enum && row.enum.join(" | "),
    row.minimum !== null && `≥ ${row.minimum}`,
    row.maximum !== null && `≤ ${row.maximum}`,
    row.minLength !== null && `at least ${row.minLength} characters`,
    row.maxLength !== null && `at most ${row.maxLength} characters`,
    row.pattern && `/${row.pattern}/`,
    row.default !== null && `default ${row.default}`,
  ]
    .filter(Boolean)
    .join(", ");
}
