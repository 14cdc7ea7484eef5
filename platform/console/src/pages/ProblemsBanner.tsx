import { Link } from "wouter";
import { place } from "../api/format";
import type { Deployment, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import css from "./HomePage.module.css";

/** What could not be put in service at the newest attempt, and where to look. */
export function ProblemsBanner() {
  const problems = useLoaded<Page<Deployment> | Deployment[]>("/problems", {}, 30);
  const list = Array.isArray(problems.data) ? problems.data : (problems.data?.items ?? []);
  if (list.length === 0) return null;
  return (
    <section className={css.banner} data-testid="problems-banner" role="status">
      <h2>{list.length === 1 ? "One change could not be put in service" : `${list.length} changes could not be put in service`}</h2>
      {list.map((problem) => (
        <div className={css.problem} key={problem.id}>
          <strong>{problem.subject}</strong>
          <span>
            {problem.summary}
            <Where problem={problem} />
          </span>
          <Link href={`/deployments?open=${problem.id}`}>Details</Link>
        </div>
      ))}
    </section>
  );
}

/** The place in the file, unless the summary has named it. */
function Where({ problem }: { problem: Deployment }) {
  const [first] = problem.findings;
  if (!first || !place(first) || problem.summary.includes(place({ file: first.file, line: first.line }))) return null;
  return <code> at {place(first)}</code>;
}
