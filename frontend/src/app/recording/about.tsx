import { formatCount, formatMoment } from "../../base/format";
import { withVisibleControls } from "../../base/visible-text";
import type { RunStarted, RunSummary } from "../../protocol/types";
import { useRunValue, useStudioState } from "../../state/hooks";
import type { RunRecord } from "../../state/run-record";
import { Section } from "../../widgets/panel";
import styles from "./recording-page.module.css";

interface AboutProps {
  readonly record: RunRecord;
  /** Undefined: the recording has no such run. */
  readonly run: RunSummary | undefined;
}

interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What the recording says of a run besides its tokens, and what people wrote about it. */
export function About({ record, run }: AboutProps) {
  const connection = useStudioState((state) => state.connection);
  const started = useRunValue(record, (one) => one.started);
  const welcome = connection.kind === "recording" ? connection.welcome : undefined;
  const facts: readonly Fact[] = [
    ...ofSession(run),
    ...(started === undefined ? [] : ofRun(started)),
    ...(welcome === undefined
      ? []
      : [{ name: "Made with", value: `Inferno ${welcome.build}, ${welcome.engineBuild}` }]),
  ];
  return (
    <Section title="About">
      <dl className={styles["facts"]}>
        {facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {run?.tags !== undefined && run.tags.length > 0 && (
          <div>
            <dt>Tags</dt>
            <dd>
              {run.tags.map((tag) => (
                <span key={tag} className={styles["tag"]}>
                  {withVisibleControls(tag)}
                </span>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </Section>
  );
}

function ofSession(run: RunSummary | undefined): readonly Fact[] {
  if (run === undefined) return [];
  return [
    ...(run.note === undefined ? [] : [{ name: "Note", value: withVisibleControls(run.note) }]),
    { name: "Model", value: run.modelName },
    ...(run.askedMs === undefined ? [] : [{ name: "Recorded", value: formatMoment(run.askedMs) }]),
    ...(run.notRecorded === undefined ? [] : [{ name: "Not recorded to its end", value: run.notRecorded }]),
  ];
}

function ofRun(started: RunStarted): readonly Fact[] {
  return [
    { name: "Context", value: `${formatCount(started.nCtx)} tokens` },
    { name: "Vocabulary", value: `${formatCount(started.nVocab)} tokens` },
  ];
}
