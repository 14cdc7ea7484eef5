import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Finding } from "../api/types";

const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--panel)", color: "var(--ink)", height: "100%", fontSize: "12.5px" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--panel-sunk)", color: "var(--ink-soft)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--panel)", color: "var(--ink)", borderColor: "var(--line)" },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--calm)" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.atom, tags.bool, tags.number], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator], color: "var(--ink-soft)" },
]);

/**
 * A text editor for RAML with the findings underlined at their line and column.
 * It lives in a shadow root: there its styles are constructed sheets, which the security policy allows.
 */
export function RamlEditor(props: {
  text: string;
  /** Another number when the text was changed by something else than this editor. */
  revision: number;
  findings: Finding[];
  goTo: { line: number } | null;
  change: (text: string) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const change = useRef(props.change);
  change.current = props.change;
  const first = useRef(props.text);

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const place = document.createElement("div");
    place.style.height = "100%";
    root.replaceChildren(place);
    const editor = new EditorView({
      parent: place,
      root,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of("  "),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          lintGutter(),
          yaml(),
          syntaxHighlighting(COLOURS),
          LOOK,
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
          EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "RAML source. Escape, then Tab, leaves the editor." }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const present = editor.state.doc.toString();
    if (present !== props.text) editor.dispatch({ changes: difference(present, props.text) });
    // What was typed here comes back as text too, and later than the next key: that would undo it.
  }, [props.revision]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, props.findings.map((one) => diagnostic(editor.state, one))));
  }, [props.findings]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !props.goTo) return;
    const line = editor.state.doc.line(Math.max(1, Math.min(props.goTo.line, editor.state.doc.lines)));
    editor.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
  }, [props.goTo]);

  return <div ref={host} style={{ height: "100%" }} data-testid="raml-editor" />;
}

/** The one span in which two texts differ, so that the cursor and the undo history outlive an edit from a form. */
function difference(before: string, after: string): { from: number; to: number; insert: string } {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}

function diagnostic(state: EditorState, finding: Finding): Diagnostic {
  const line = state.doc.line(Math.max(1, Math.min(finding.line ?? 1, state.doc.lines)));
  const from = Math.min(line.to, line.from + Math.max(0, (finding.column ?? 1) - 1));
  return {
    from,
    to: Math.max(from, line.to),
    severity: finding.severity === "warning" ? "warning" : "error",
    message: finding.message,
    source: finding.code ?? "",
  };
}
