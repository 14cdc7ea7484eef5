import css from "./reports.module.css";

/** A few figures beside one another. */
export function Tiles({ entries }: { entries: [string, string][] }) {
  return (
    <dl className={css.tiles}>
      {entries.map(([name, value]) => (
        <div key={name} className={css.tile}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
