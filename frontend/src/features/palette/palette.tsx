import { useEffect, useId, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Command, useAllCommands } from "../../state/commands";
import { Dialog } from "../../widgets/dialog";
import { Icon } from "../../widgets/icon";
import { Shortcut } from "../../widgets/shortcut";
import { fuzzyMatch } from "./fuzzy";
import styles from "./palette.module.css";

interface PaletteProps {
  readonly onClose: () => void;
}

interface Hit {
  readonly command: Command;
  readonly score: number;
  readonly indices: readonly number[];
}

/** Every command of the page, found by typing some letters of its name. */
export function Palette({ onClose }: PaletteProps) {
  const commands = useAllCommands();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const hits = search(typed, commands);
  const index = Math.min(active, hits.length - 1);
  const current = hits[index];

  const run = (command: Command | undefined) => {
    if (command === undefined || command.obstacle !== undefined) return;
    // While the palette is open, a command could not move the focus.
    flushSync(onClose);
    command.run();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const target = targetOf(event.key, index, hits.length);
    if (target !== undefined) setActive(target);
    else if (event.key === "Enter" && !event.nativeEvent.isComposing) run(current?.command);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title="Commands" size="palette" onClose={onClose}>
      <div className={styles["search"]}>
        <Icon name="search" />
        <input
          className={styles["input"]}
          role="combobox"
          aria-label="Search commands"
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={current === undefined ? undefined : `${id}-${index}`}
          placeholder="What would you like to do?"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          spellCheck={false}
          autoComplete="off"
          data-first-focus
        />
      </div>
      {hits.length === 0 && (
        <p className={styles["none"]}>No command matches “{typed}”. Fewer letters find more.</p>
      )}
      <div className={styles["list"]} role="listbox" id={id} aria-label="Commands">
        {hits.map((hit, at) => (
          <Row
            key={hit.command.id}
            id={`${id}-${at}`}
            hit={hit}
            isActive={at === index}
            onPoint={() => setActive(at)}
            onRun={() => run(hit.command)}
          />
        ))}
      </div>
      <p className={styles["announce"]} role="status">
        {`${hits.length} commands`}
      </p>
    </Dialog>
  );
}

function targetOf(key: string, index: number, count: number): number | undefined {
  if (count === 0) return undefined;
  if (key === "ArrowDown") return (index + 1) % count;
  if (key === "ArrowUp") return (index - 1 + count) % count;
  if (key === "PageDown") return Math.min(count - 1, index + 10);
  if (key === "PageUp") return Math.max(0, index - 10);
  return undefined;
}

interface RowProps {
  readonly id: string;
  readonly hit: Hit;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onRun: () => void;
}

function Row({ id, hit, isActive, onPoint, onRun }: RowProps) {
  const { command, indices } = hit;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) ref.current?.scrollIntoView?.({ block: "nearest" });
  }, [isActive]);
  return (
    // The keys are the combobox's.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      ref={ref}
      id={id}
      role="option"
      aria-selected={isActive}
      aria-disabled={command.obstacle !== undefined}
      className={styles["row"]}
      onPointerMove={isActive ? undefined : onPoint}
      onClick={onRun}
    >
      <span className={styles["group"]}>{command.group}</span>
      <span className={styles["title"]}>
        <Marked text={command.title} indices={indices} />
        {command.obstacle !== undefined && <span className={styles["obstacle"]}>{command.obstacle}</span>}
      </span>
      {command.shortcut !== undefined && <Shortcut keys={command.shortcut} />}
    </div>
  );
}

/** The letters that matched stand out. */
function Marked({ text, indices }: { readonly text: string; readonly indices: readonly number[] }) {
  const marked = new Set(indices);
  const parts: { text: string; isMarked: boolean; at: number }[] = [];
  for (let at = 0; at < text.length; ++at) {
    const last = parts.at(-1);
    const isMarked = marked.has(at);
    if (last?.isMarked === isMarked) last.text += text.charAt(at);
    else parts.push({ text: text.charAt(at), isMarked, at });
  }
  return parts.map((part) =>
    part.isMarked ? <mark key={part.at}>{part.text}</mark> : <span key={part.at}>{part.text}</span>,
  );
}

/** Groups about the page as a whole come after those about what it shows. */
const kGeneralGroups: readonly string[] = ["Models", "Runs", "View", "Panels", "Server"];

/** What can be done comes before what can't, a better match before a worse one. */
function search(typed: string, commands: readonly Command[]): readonly Hit[] {
  const isEmpty = typed.trim() === "";
  const hits = commands.flatMap((command): Hit[] => {
    // The palette is open already.
    if (command.id.startsWith("palette.")) return [];
    const inTitle = fuzzyMatch(typed, command.title);
    if (inTitle !== undefined) return [{ command, ...inTitle }];
    const inGroup = fuzzyMatch(typed, `${command.title} ${command.group}`);
    return inGroup === undefined ? [] : [{ command, score: inGroup.score - 5, indices: [] }];
  });
  const goodness = ({ command, score }: Hit) =>
    (isEmpty ? -kGeneralGroups.indexOf(command.group) : score) - (command.obstacle === undefined ? 0 : 1000);
  return hits.sort((a, b) => goodness(b) - goodness(a));
}
