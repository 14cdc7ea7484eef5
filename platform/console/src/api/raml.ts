/** The shapes of docs/raml-edits.md: what is in a definition, and edits of its text. */
import type { RamlCheck } from "./types";

export interface Parameter {
  name: string;
  type: string;
  required: boolean;
  description: string;
  default: string | null;
  example: string | null;
  enum: string[] | null;
  pattern: string | null;
  minimum: number | null;
  maximum: number | null;
  minLength: number | null;
  maxLength: number | null;
  repeat: boolean;
}

export interface Body {
  mediaType: string;
  type: string | null;
  schema: unknown;
  example: string | null;
  examples: Record<string, string>;
}

export interface Answer {
  status: number;
  description: string;
  headers: Parameter[];
  bodies: Body[];
}

export interface MethodModel {
  verb: string;
  at: string[];
  file: string;
  line: number;
  displayName: string;
  description: string;
  securedBy: string[];
  queryParameters: Parameter[];
  headers: Parameter[];
  bodies: Body[];
  responses: Answer[];
}

export interface ResourceModel {
  path: string;
  at: string[];
  file: string;
  line: number;
  displayName: string;
  description: string;
  uriParameters: Parameter[];
  methods: MethodModel[];
}

export interface TypeModel {
  name: string;
  type: string;
  description: string;
  line: number;
  file: string;
  schema: unknown;
}

export interface Model {
  ramlVersion: string;
  title: string;
  version: string;
  description: string;
  baseUri: string;
  mediaTypes: string[];
  types: TypeModel[];
  resources: ResourceModel[];
}

/** A declaration's own lines in its file. */
export interface Declaration {
  kind: string;
  name: string;
  file: string;
  line: number;
  lastLine: number;
  column: number;
  alone: boolean;
}

export interface Declared {
  entries: Declaration[];
  applied: { at: string[]; type: string | null; is: string[] }[];
  documentation: { title: string; content: string; included: boolean; line: number }[];
}

export interface Checked extends RamlCheck {
  model?: Model | null;
  declared: Declared;
}

export type Edit =
  | { op: "put"; at: string[]; value: unknown }
  | { op: "remove"; at: string[] }
  | { op: "rename"; at: string[]; to: string };

export interface Edited extends Checked {
  text: string;
  file: string;
}

/** The model, or as much of one as a list of resources gives. */
export function modelOf(checked: Checked): Model {
  if (checked.model) return checked.model;
  const method = (path: string, verb: string): MethodModel => ({
    verb,
    at: [path, verb.toLowerCase()],
    file: "",
    line: 0,
    displayName: "",
    description: "",
    securedBy: [],
    queryParameters: [],
    headers: [],
    bodies: [],
    responses: [],
  });
  const placeholder = (name: string): Parameter => ({
    name,
    type: "string",
    required: true,
    description: "",
    default: null,
    example: null,
    enum: null,
    pattern: null,
    minimum: null,
    maximum: null,
    minLength: null,
    maxLength: null,
    repeat: false,
  });
  return {
    ramlVersion: "",
    title: checked.title ?? "",
    version: checked.version ?? "",
    description: "",
    baseUri: "",
    mediaTypes: [],
    types: [],
    resources: checked.resources.map(({ path, methods }) => ({
      path,
      at: [path],
      file: "",
      line: 0,
      displayName: "",
      description: "",
      uriParameters: [...path.matchAll(/\{([^}]+)\}/g)].map((found) => placeholder(found[1] ?? "")),
      methods: methods.map((verb) => method(path, verb)),
    })),
  };
}
