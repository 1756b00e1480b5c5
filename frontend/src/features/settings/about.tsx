import { formatBytes, formatCount } from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import { useStudioState } from "../../state/hooks";
import { Help } from "../../widgets/help";
import styles from "./settings.module.css";

interface Row {
  readonly name: string;
  readonly value: string;
  readonly help?: GlossaryTerm;
}

/** Versions, and how faithful the connection has been. */
export function About() {
  const connection = useStudioState((state) => state.connection);
  const counters = useStudioState((state) => state.counters);
  const welcome = connection.kind === "ready" ? connection.welcome : undefined;
  const rows: readonly Row[] = [
    { name: "Inferno", value: welcome?.build ?? "known when connected" },
    { name: "llama.cpp", value: welcome?.engineBuild ?? "known when connected" },
    { name: "protocol", value: welcome === undefined ? "known when connected" : String(welcome.version) },
    { name: "messages received", value: formatCount(counters.messages) },
    { name: "bytes received", value: formatBytes(counters.bytes) },
    { name: "reconnects", value: formatCount(counters.reconnects), help: "reconnects" },
    { name: "came twice, dropped", value: formatCount(counters.repeated) },
    { name: "gaps, asked for again", value: formatCount(counters.gaps), help: "gaps" },
  ];
  return (
    <dl className={styles["about"]}>
      {rows.map(({ name, value, help }) => (
        <div key={name}>
          <dt>
            {name} {help !== undefined && <Help term={help} />}
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
