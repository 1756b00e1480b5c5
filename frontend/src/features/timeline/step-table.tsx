import { useState } from "react";
import { formatCount } from "../../base/format";
import type { TokenColumns } from "../../state/token-columns";
import { Button } from "../../widgets/button";
import { TokenChip } from "../../widgets/token-chip";
import type { RunProfile } from "./run-profile";
import styles from "./timeline.module.css";
import type { Track } from "./tracks";

const kPageSize = 50;

interface StepTableProps {
  readonly tokens: TokenColumns;
  readonly profile: RunProfile;
  readonly tracks: readonly Track[];
  readonly selected: number | undefined;
  readonly onPick: (index: number) => void;
}

/** The timeline's numbers as a table, fifty steps at a time. */
export function StepTable({ tokens, profile, tracks, selected, onPick }: StepTableProps) {
  const [page, setPage] = useState(() => Math.floor((selected ?? 0) / kPageSize));
  const nPages = Math.max(1, Math.ceil(profile.length / kPageSize));
  const begin = Math.min(page, nPages - 1) * kPageSize;
  const end = Math.min(profile.length, begin + kPageSize);
  const steps = Array.from({ length: end - begin }, (_, row) => begin + row);
  return (
    <div className={styles["tableFrame"]}>
      <p className={styles["pages"]}>
        <Button isDisabled={begin === 0} onPress={() => setPage(begin / kPageSize - 1)}>
          Earlier
        </Button>
        <span role="status">
          Steps {formatCount(begin + 1)} to {formatCount(end)} of {formatCount(profile.length)}
        </span>
        <Button isDisabled={end >= profile.length} onPress={() => setPage(begin / kPageSize + 1)}>
          Later
        </Button>
      </p>
      <table className={styles["table"]}>
        <caption className={styles["caption"]}>Steps of the run</caption>
        <thead>
          <tr>
            <th scope="col">Position</th>
            <th scope="col">Token</th>
            {tracks.map(({ id, label }) => (
              <th key={id} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((index) => (
            <tr key={index} aria-selected={index === selected}>
              <th scope="row">{tokens.position(index)}</th>
              <td>
                <button type="button" className={styles["pick"]} onClick={() => onPick(index)}>
                  <TokenChip
                    text={tokens.appearance(index).text}
                    mark={index === selected ? "chosen" : undefined}
                  />
                </button>
              </td>
              {tracks.map((track, at) => (
                <td key={track.id}>{track.format(profile.pyramid(at)?.value(index) ?? Number.NaN)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
