import { formatProbability, kMissing } from "../../base/format";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted, withVisibleSpaces } from "../../base/visible-text";
import type { Watch, WatchedValue } from "../../protocol/debug-types";
import type { StepDetail } from "../../protocol/types";
import { Help } from "../../widgets/help";
import { Section } from "../../widgets/panel";
import styles from "./watch-rows.module.css";

interface WatchRowsProps {
  readonly detail: StepDetail;
  /** What was followed at this step, in the order of its values. */
  readonly watches: readonly Watch[];
}

/** What this step says of the watched words; nothing if none was followed. */
export function WatchRows({ detail, watches }: WatchRowsProps) {
  const values = detail.watched ?? [];
  const rows = watches.slice(0, values.length);
  if (rows.length === 0) return null;
  return (
    <div className={styles["block"]}>
      <Section title="Watches" aside={<Help term="watches" />}>
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">watch</th>
              <th scope="col">raw p</th>
              <th scope="col">rank</th>
              <th scope="col">best token</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((watch, index) => (
              <Row key={watch.id} watch={watch} value={values[index]} />
            ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}

function Row({ watch, value }: { readonly watch: Watch; readonly value: WatchedValue | undefined }) {
  const best = watch.tokens?.find(({ id }) => id === value?.best);
  return (
    <tr>
      <th scope="row">{nameOf(watch)}</th>
      <td>
        <span className={styles["track"]} aria-hidden="true">
          <span style={{ width: `${(value?.rawProb ?? 0) * 100}%` }} />
        </span>
        {value?.rawProb === undefined ? "not recorded" : formatProbability(value.rawProb)}
      </td>
      <td>{value?.bestRank ?? kMissing}</td>
      <td>
        <code>
          {best === undefined ? (value?.best ?? kMissing) : withVisibleSpaces(decodeWithEscapes(best.bytes))}
        </code>
      </td>
    </tr>
  );
}

function nameOf({ word, ids, tokens }: Watch): string {
  if (word !== undefined) return quoted(word);
  const [first] = tokens ?? [];
  return first === undefined ? `token ${ids?.join(", ")}` : quoted(decodeWithEscapes(first.bytes));
}
