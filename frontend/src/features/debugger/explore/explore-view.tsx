import { useCallback, useEffect, useMemo, useState } from "react";
import { asPosition, type Position } from "../../../base/brand";
import { formatMilliseconds, plural } from "../../../base/format";
import type { Explore } from "../../../protocol/debug-types";
import { type Command, useCommands } from "../../../state/commands";
import { useIsReady, useRunValue, useStudio } from "../../../state/hooks";
import type { RunRecord } from "../../../state/run-record";
import { useFork } from "../../../state/use-fork";
import { Button } from "../../../widgets/button";
import { Help } from "../../../widgets/help";
import { Notice } from "../../../widgets/notice";
import { Segmented } from "../../../widgets/segmented";
import { useAsking } from "../use-asking";
import { ContinuationTable } from "./continuation-table";
import { CountField, useCounts } from "./count-field";
import styles from "./explore.module.css";

interface ExploreViewProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
}

const kCounts = {
  branches: { label: "Branches", least: 1, most: 64, initial: 8 },
  tokens: { label: "Tokens each", least: 1, most: 256, initial: 20 },
} as const;

/** What could come at a position: the most probable next tokens, each continued on its own, side by side. */
export function ExploreView({ record, selected }: ExploreViewProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const length = useRunValue(record, ({ tokens }) => tokens.length);
  const { counts, setCount, isComplete } = useCounts(kCounts);
  const [how, setHow] = useState<"likeliest" | "sampled">("likeliest");
  const fork = useFork(record);
  const request = useCallback((explore: Explore) => studio.explore(explore), [studio]);
  const { ask, isAsking, answered, error } = useAsking(request);
  const position = selected ?? asPosition(length);
  const obstacle = isReady
    ? position === 0
      ? "Nothing comes before the first token."
      : undefined
    : "Waiting for the server.";
  const explore = useCallback(() => {
    if (obstacle !== undefined || !isComplete) return;
    ask({
      run: record.run,
      position,
      nBranches: counts.branches,
      nTokens: counts.tokens,
      sampled: how === "sampled",
    });
  }, [ask, record.run, position, counts, how, obstacle, isComplete]);
  useFirst(explore, length > 0 && obstacle === undefined);
  useExploreCommand(explore, obstacle);
  const isAbout = answered?.question.position === position;
  return (
    <section className={styles["view"]} aria-label="Explore">
      <div className={styles["bar"]}>
        <CountField
          rule={kCounts.branches}
          count={counts.branches}
          onChange={(n) => setCount("branches", n)}
        />
        <CountField rule={kCounts.tokens} count={counts.tokens} onChange={(n) => setCount("tokens", n)} />
        <Segmented
          label="How each goes on"
          value={how}
          onChange={setHow}
          options={[
            { value: "likeliest", label: "most probable" },
            { value: "sampled", label: "sampled" },
          ]}
        />
        <Button
          look={isAbout ? "plain" : "primary"}
          isDisabled={obstacle !== undefined || !isComplete}
          onPress={explore}
        >
          Explore from position {position}
        </Button>
        <Help term="explore" />
        <span role="status" className={styles["words"]}>
          {isAsking
            ? "Decoding …"
            : (obstacle ??
              (answered === undefined
                ? ""
                : `${plural(answered.answer.branches.length, "branch", "branches")} from position ${answered.question.position}, ${formatMilliseconds(answered.answer.prefixMs + answered.answer.decodeMs)}`))}
        </span>
      </div>
      {(error ?? fork.error) !== undefined && (
        <Notice tone="bad" title={(error ?? fork.error)?.message ?? ""} hint={(error ?? fork.error)?.hint} />
      )}
      {answered !== undefined && (
        <ContinuationTable
          explored={answered.answer}
          obstacle={fork.obstacle}
          onBranch={(tokens) => fork.start({ position: answered.question.position, tokens })}
        />
      )}
    </section>
  );
}

/** The first answer comes by itself: the person has opened the view to see it. */
function useFirst(act: () => void, isPossible: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as soon as it is possible
  useEffect(() => {
    if (isPossible) act();
  }, [isPossible]);
}

function useExploreCommand(explore: () => void, obstacle: string | undefined): void {
  const commands = useMemo<readonly Command[]>(
    () => [
      {
        id: "explore.again",
        title: "Explore from the selected position",
        group: "Explore",
        obstacle,
        run: explore,
      },
    ],
    [explore, obstacle],
  );
  useCommands(commands);
}
