import { useCallback, useEffect, useMemo, useState } from "react";
import { asPosition, type Position } from "../../../base/brand";
import { formatBits, formatMilliseconds, formatProbability, plural } from "../../../base/format";
import type { ExpandTree, ProbabilityTree } from "../../../protocol/debug-types";
import { type Command, useCommands } from "../../../state/commands";
import { useIsReady, useRunValue, useStudio } from "../../../state/hooks";
import type { RunRecord } from "../../../state/run-record";
import { useFork } from "../../../state/use-fork";
import { Button } from "../../../widgets/button";
import { Help } from "../../../widgets/help";
import { Notice } from "../../../widgets/notice";
import { Toggle } from "../../../widgets/toggle";
import { useAsking } from "../use-asking";
import { CountField, useCounts } from "./count-field";
import styles from "./explore.module.css";
import { PathTable } from "./path-table";
import { TreePlot } from "./tree-plot";

interface TreeViewProps {
  readonly record: RunRecord;
  readonly selected: Position | undefined;
}

const kRules = {
  depth: { label: "Tokens deep", least: 1, most: 64, initial: 6 },
  percent: { label: "Paths above, in %", least: 0, most: 100, initial: 1 },
  children: { label: "Children each", least: 1, most: 64, initial: 5 },
} as const;
const kMaxNodes = 400;

/** The most probable continuations from a position on, as a tree. */
export function TreeView({ record, selected }: TreeViewProps) {
  const studio = useStudio();
  const isReady = useIsReady();
  const length = useRunValue(record, ({ tokens }) => tokens.length);
  const { counts, setCount, isComplete } = useCounts(kRules);
  const [isTable, setIsTable] = useState(false);
  const fork = useFork(record);
  const request = useCallback((expand: ExpandTree) => studio.expandTree(expand), [studio]);
  const { ask, isAsking, answered, error } = useAsking(request);
  const position = selected ?? asPosition(length);
  const obstacle = obstacleTo(isReady, position);
  const expand = useCallback(() => {
    if (obstacle !== undefined || !isComplete) return;
    ask({
      run: record.run,
      position,
      maxDepth: counts.depth,
      minProb: counts.percent / 100,
      maxChildren: counts.children,
      maxNodes: kMaxNodes,
    });
  }, [ask, record.run, position, counts, obstacle, isComplete]);
  useFirst(expand, length > 0 && obstacle === undefined);
  useTreeCommands(expand, obstacle, () => setIsTable((old) => !old));
  const isAbout = answered?.question.position === position;
  const problem = error ?? fork.error;
  const branch = (tokens: readonly number[]) => {
    if (answered !== undefined) fork.start({ position: answered.question.position, tokens });
  };
  return (
    <section className={styles["view"]} aria-label="Probability tree">
      <div className={styles["bar"]}>
        <CountField rule={kRules.depth} count={counts.depth} onChange={(n) => setCount("depth", n)} />
        <CountField rule={kRules.percent} count={counts.percent} onChange={(n) => setCount("percent", n)} />
        <CountField
          rule={kRules.children}
          count={counts.children}
          onChange={(n) => setCount("children", n)}
        />
        <Button
          look={isAbout ? "plain" : "primary"}
          isDisabled={obstacle !== undefined || !isComplete}
          onPress={expand}
        >
          Expand from position {position}
        </Button>
        <Toggle isOn={isTable} onChange={setIsTable}>
          table
        </Toggle>
        <Help term="probabilityTree" />
        <span role="status" className={styles["words"]}>
          {isAsking ? "Decoding …" : (obstacle ?? (answered === undefined ? "" : words(answered)))}
        </span>
      </div>
      {problem !== undefined && <Notice tone="bad" title={problem.message} hint={problem.hint} />}
      {answered !== undefined && answered.answer.nodes.length === 0 && (
        <p className={styles["none"]}>No path is as probable as that. Try a smaller bound.</p>
      )}
      {answered !== undefined &&
        (isTable ? (
          <PathTable tree={answered.answer} obstacle={fork.obstacle} onBranch={branch} />
        ) : (
          <TreePlot tree={answered.answer} obstacle={fork.obstacle} onBranch={branch} />
        ))}
    </section>
  );
}

function obstacleTo(isReady: boolean, position: Position): string | undefined {
  if (!isReady) return "Waiting for the server.";
  return position === 0 ? "Nothing comes before the first token." : undefined;
}

function words({
  question,
  answer,
}: {
  readonly question: ExpandTree;
  readonly answer: ProbabilityTree;
}): string {
  const { nodes, rootEntropy, rootMass, complete, nDecoded, ms } = answer;
  return [
    `position ${question.position}`,
    `entropy ${formatBits(rootEntropy)}`,
    `first tokens hold ${formatProbability(rootMass)}`,
    `${plural(nodes.length, "node")}${complete ? "" : " (bound met: there are more)"}`,
    `${plural(nDecoded, "position")} computed in ${formatMilliseconds(ms)}`,
  ].join(" · ");
}

/** The first answer comes by itself: the person has opened the view to see it. */
function useFirst(act: () => void, isPossible: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as soon as it is possible
  useEffect(() => {
    if (isPossible) act();
  }, [isPossible]);
}

function useTreeCommands(expand: () => void, obstacle: string | undefined, onTable: () => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it switches is always the same
  const commands = useMemo<readonly Command[]>(
    () => [
      {
        id: "tree.expand",
        title: "Expand the probability tree from the selected position",
        group: "Explore",
        obstacle,
        run: expand,
      },
      {
        id: "tree.table",
        title: "Probability tree as a table, or as a tree",
        group: "Explore",
        run: onTable,
      },
    ],
    [expand, obstacle],
  );
  useCommands(commands);
}
