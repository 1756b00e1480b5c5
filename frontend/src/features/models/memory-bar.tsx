import { formatBytes } from "../../base/format";
import type { GlossaryTerm } from "../../base/glossary";
import type { MemoryEstimate } from "../../protocol/types";
import { Help } from "../../widgets/help";
import styles from "./memory-bar.module.css";

interface MemoryBarProps {
  readonly memory: MemoryEstimate;
  /** The next estimate is on its way. */
  readonly isStale: boolean;
}

const kParts: readonly {
  readonly name: "weightsBytes" | "cacheBytes" | "computeBytes";
  readonly words: string;
  readonly help: GlossaryTerm;
}[] = [
  { name: "weightsBytes", words: "weights", help: "weights" },
  { name: "cacheBytes", words: "cache", help: "kvCache" },
  { name: "computeBytes", words: "compute buffers", help: "computeBuffer" },
];

/** What a load would take, part by part, against what is free. */
export function MemoryBar({ memory, isStale }: MemoryBarProps) {
  const percent = (bytes: number) => `${(bytes / Math.max(memory.totalBytes, 1)) * 100}%`;
  return (
    <div className={styles["memory"]} data-stale={isStale} aria-busy={isStale}>
      <div className={styles["bar"]} aria-hidden="true">
        {kParts.map(({ name }) => (
          <i key={name} data-part={name} style={{ width: percent(memory[name]) }} />
        ))}
      </div>
      <dl className={styles["rows"]}>
        {kParts.map(({ name, words, help }) => (
          <div key={name}>
            <dt>
              <i data-part={name} aria-hidden="true" /> {words} <Help term={help} />
            </dt>
            <dd>{formatBytes(memory[name])}</dd>
          </div>
        ))}
        <div className={styles["total"]}>
          <dt>together</dt>
          <dd>{formatBytes(memory.totalBytes)}</dd>
        </div>
        <div>
          <dt>free now</dt>
          <dd>{formatBytes(memory.availableBytes)}</dd>
        </div>
      </dl>
      <p className={styles["share"]}>{shareWords(memory)}</p>
    </div>
  );
}

function shareWords({ totalBytes, availableBytes }: MemoryEstimate): string {
  if (availableBytes === 0) return "How much is free is not known.";
  const share = totalBytes / availableBytes;
  if (share > 1) return `That is ${share.toFixed(1)} times what is free.`;
  return share < 0.01 ? "Less than 1 % of what is free." : `${Math.round(share * 100)} % of what is free.`;
}
