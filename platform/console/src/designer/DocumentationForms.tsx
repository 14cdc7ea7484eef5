import { Button } from "@mantine/core";
import type { Declared } from "../api/raml";
import css from "./Designer.module.css";
import { Adder, Text, type EditFunction } from "./fields";

/** Free pages of text that come with the API. */
export function DocumentationForms({ declared, edit }: { declared: Declared; edit: EditFunction }) {
  const pages = declared.documentation;
  return (
    <details className={css.resource} data-testid="designer-documentation">
      <summary>
        Documentation <span className="soft">({pages.length})</span>
      </summary>
      <div className={css.inside}>
        {pages.map((page, index) => {
          const at = ["documentation", String(index)];
          return (
            <fieldset key={index} className={css.group}>
              <legend>Page {index + 1}</legend>
              <Text label="Title" value={page.title} save={(value) => edit([{ op: "put", at: [...at, "title"], value }])} />
              {page.included ? (
                <span className="soft small">Its text is in a file of its own; change it there.</span>
              ) : (
                <Text label="Text" long value={page.content} save={(value) => edit([{ op: "put", at: [...at, "content"], value }])} />
              )}
              <div>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  aria-label={`Remove page ${index + 1}`}
                  onClick={() => edit([{ op: "remove", at: pages.length === 1 ? ["documentation"] : at }])}
                >
                  Remove
                </Button>
              </div>
            </fieldset>
          );
        })}
        <Adder
          label="Add page"
          placeholder="Getting started"
          add={(title) => {
            const page = { title, content: title };
            // The first makes the list.
            if (pages.length === 0) edit([{ op: "put", at: ["documentation"], value: [page] }]);
            else edit([{ op: "put", at: ["documentation", String(pages.length)], value: page }]);
          }}
        />
      </div>
    </details>
  );
}
