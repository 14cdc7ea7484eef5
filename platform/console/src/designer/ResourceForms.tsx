import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Answer, Body, Declared, MethodModel, Model, ResourceModel } from "../api/raml";
import { Empty, Method, StatusTag } from "../shell/parts";
import { Applied } from "./Applied";
import css from "./Designer.module.css";
import { DocumentationForms } from "./DocumentationForms";
import { Adder, ParameterFields, Text, type EditFunction } from "./fields";

const VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The types or schemas that bodies may be of, and the key that names one in this version of RAML. */
interface Named {
  key: "type" | "schema";
  names: string[];
}

type Show = (file: string, line: number) => void;

/** Resources, methods, parameters, bodies and answers as forms; each change is an edit of the text. */
export function ResourceForms(props: {
  model: Model;
  declared: Declared;
  edit: EditFunction;
  show: Show;
  declarations: ReactNode;
}) {
  const { model, declared, edit, show } = props;
  const [compact, setCompact] = useState(false);
  const resources = model.resources;
  const named: Named = {
    key: model.ramlVersion === "0.8" ? "schema" : "type",
    names: declared.entries.filter((one) => one.kind === "types" || one.kind === "schemas").map((one) => one.name),
  };
  return (
    <>
      <div className="row">
        <Adder
          label="Add resource"
          placeholder="/event/{id}"
          add={(path) => edit([{ op: "put", at: [path.startsWith("/") ? path : `/${path}`], value: null }])}
        />
        <span className="grow" />
        <Checkbox size="xs" label="Compact" checked={compact} onChange={(event) => setCompact(event.currentTarget.checked)} />
      </div>
      <Text label="Title" value={model.title} save={(value) => edit([{ op: "put", at: ["title"], value }])} />
      {resources.length === 0 && <Empty title="No resources yet">A path such as /event is the first one.</Empty>}
      {resources.map((resource) => (
        <Resource
          key={resource.at.join()}
          resource={resource}
          declared={declared}
          edit={edit}
          show={show}
          compact={compact}
          named={named}
        />
      ))}
      {!compact && props.declarations}
      {!compact && <DocumentationForms declared={declared} edit={edit} />}
    </>
  );
}

function Resource(props: {
  resource: ResourceModel;
  declared: Declared;
  edit: EditFunction;
  show: Show;
  compact: boolean;
  named: Named;
}) {
  const { resource, declared, edit, show, named } = props;
  const at = resource.at;
  const verbs = resource.methods.map((method) => method.verb);
  return (
    <details className={css.resource} data-testid="designer-resource">
      <summary>
        <code>{resource.path}</code>
        {resource.methods.map((method) => (
          <Method key={method.verb} name={method.verb} />
        ))}
      </summary>
      {!props.compact && (
        <div className={css.inside}>
          <PartTools
            name={resource.path}
            show={() => show(resource.file, resource.line)}
            remove={() => edit([{ op: "remove", at }])}
          />
          <Text
            label="Name"
            value={resource.displayName}
            save={(value) => edit([{ op: "put", at: [...at, "displayName"], value }])}
          />
          <Text
            label="Description"
            long
            value={resource.description}
            save={(value) => edit([{ op: "put", at: [...at, "description"], value }])}
          />
          <ParameterFields title="Path parameters" rows={resource.uriParameters} at={[...at, "uriParameters"]} edit={edit} fixed />
          <Applied declared={declared} at={at} edit={edit} typed />
          {resource.methods.map((method) => (
            <MethodForm key={method.verb} method={method} declared={declared} edit={edit} show={show} named={named} />
          ))}
          <div className="row">
            <Adder
              label="Add method"
              placeholder=""
              choices={VERBS.filter((verb) => !verbs.includes(verb))}
              add={(verb) =>
                edit([{ op: "put", at: [...at, verb.toLowerCase()], value: { responses: { 200: { description: "OK" } } } }])
              }
            />
            <Adder
              label="Add nested resource"
              placeholder="/photo"
              add={(path) => edit([{ op: "put", at: [`${resource.path}${path.startsWith("/") ? path : `/${path}`}`], value: null }])}
            />
          </div>
        </div>
      )}
    </details>
  );
}

function MethodForm(props: { method: MethodModel; declared: Declared; edit: EditFunction; show: Show; named: Named }) {
  const { method, declared, edit, show, named } = props;
  const at = method.at;
  return (
    <details className={css.method} data-testid="designer-method">
      <summary>
        <Method name={method.verb} /> <span>{method.displayName || method.description.split("\n")[0]}</span>
      </summary>
      <div className={css.inside}>
        <PartTools
          name={method.verb}
          show={() => show(method.file, method.line)}
          remove={() => edit([{ op: "remove", at }])}
        />
        <Text
          label="Description"
          long
          value={method.description}
          save={(value) => edit([{ op: "put", at: [...at, "description"], value }])}
        />
        <Applied declared={declared} at={at} edit={edit} />
        <ParameterFields title="Query parameters" rows={method.queryParameters} at={[...at, "queryParameters"]} edit={edit} />
        <ParameterFields title="Headers" rows={method.headers} at={[...at, "headers"]} edit={edit} />
        {method.verb !== "GET" && <Bodies title="Body" bodies={method.bodies} at={[...at, "body"]} edit={edit} named={named} />}
        <fieldset className={css.group}>
          <legend>Answers</legend>
          {method.responses.map((answer) => (
            <AnswerForm
              key={answer.status}
              answer={answer}
              at={[...at, "responses", String(answer.status)]}
              edit={edit}
              named={named}
            />
          ))}
          <Adder
            label="Add answer"
            placeholder="404"
            add={(status) => edit([{ op: "put", at: [...at, "responses", status], value: { description: "" } }])}
          />
        </fieldset>
      </div>
    </details>
  );
}

function AnswerForm({ answer, at, edit, named }: { answer: Answer; at: string[]; edit: EditFunction; named: Named }) {
  return (
    <details className={css.method}>
      <summary>
        <StatusTag status={answer.status} /> <span className="soft">{answer.description}</span>
      </summary>
      <div className={css.inside}>
        <Text
          label="Description"
          value={answer.description}
          save={(value) => edit([{ op: "put", at: [...at, "description"], value }])}
        />
        <ParameterFields title="Answer headers" rows={answer.headers} at={[...at, "headers"]} edit={edit} />
        <Bodies title="Body of the answer" bodies={answer.bodies} at={[...at, "body"]} edit={edit} named={named} />
        <div>
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => edit([{ op: "remove", at }])}>
            Remove answer {answer.status}
          </Button>
        </div>
      </div>
    </details>
  );
}

function Bodies(props: { title: string; bodies: Body[]; at: string[]; edit: EditFunction; named: Named }) {
  const { bodies, at, edit, named } = props;
  return (
    <fieldset className={css.group}>
      <legend>{props.title}</legend>
      {bodies.map((body) => (
        <div className={css.inside} key={body.mediaType}>
          <div className="row">
            <code className="grow">{body.mediaType}</code>
            <BodyType body={body} at={[...at, body.mediaType]} edit={edit} named={named} />
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              aria-label={`Remove ${body.mediaType}`}
              onClick={() => edit([{ op: "remove", at: [...at, body.mediaType] }])}
            >
              ×
            </Button>
          </div>
          <Text
            label="Example: the mock answers with it"
            long
            code
            value={body.example ?? ""}
            save={(value) => edit([{ op: "put", at: [...at, body.mediaType, "example"], value }])}
          />
        </div>
      ))}
      <Adder
        label="Add body"
        placeholder="application/json"
        add={(mediaType) => edit([{ op: "put", at: [...at, mediaType], value: { example: "{}" } }])}
      />
    </fieldset>
  );
}

/** The type or schema that a body is held against; one that stands in the body itself is changed in the source. */
function BodyType({ body, at, edit, named }: { body: Body; at: string[]; edit: EditFunction; named: Named }) {
  const type = body.type ?? "";
  if (type.length > 60 || type.includes("\n")) return <span className="soft small">{type.slice(0, 60)}</span>;
  if (named.names.length === 0 && !type) return null;
  const known = type && !named.names.includes(type) ? [type, ...named.names] : named.names;
  return (
    <NativeSelect
      size="xs"
      aria-label={`Type of ${body.mediaType}`}
      value={type}
      data={[{ value: "", label: "any content" }, ...known]}
      onChange={(event) => {
        const value = event.currentTarget.value;
        edit([value ? { op: "put", at: [...at, named.key], value } : { op: "remove", at: [...at, named.key] }]);
      }}
    />
  );
}

/** What can be done with a resource or a method as a whole. */
function PartTools(props: { name: string; show: () => void; remove: () => void }) {
  return (
    <div className="row">
      <span className="grow" />
      <Button size="compact-xs" variant="subtle" onClick={props.show}>
        Show in the source
      </Button>
      <Button size="compact-xs" variant="subtle" color="red" aria-label={`Remove ${props.name}`} onClick={props.remove}>
        Remove
      </Button>
    </div>
  );
}
