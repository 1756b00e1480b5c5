import { type KeyboardEvent, useId, useRef, useState } from "react";
import { withVisibleControls } from "../../base/visible-text";
import { useStudioState } from "../../state/hooks";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import styles from "./run-overlay.module.css";

interface TagEditorProps {
  readonly tags: readonly string[];
  readonly onChange: (tags: readonly string[]) => void;
}

/** A run's tags, each with a button that removes it, and a field that adds one; known tags are proposed. */
export function TagEditor({ tags, onChange }: TagEditorProps) {
  const id = useId();
  const inputRef = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const add = () => {
    const tag = text.trim();
    setText("");
    if (tag !== "" && !tags.includes(tag)) onChange([...tags, tag]);
  };
  const remove = (tag: string) => {
    onChange(tags.filter((one) => one !== tag));
    inputRef.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = tags.at(-1);
    if ((event.key === "Enter" || event.key === ",") && !event.nativeEvent.isComposing) {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "" && last !== undefined) remove(last);
  };
  return (
    <div className={styles["field"]}>
      <label htmlFor={id}>Tags</label>
      <div className={styles["tags"]}>
        {tags.length > 0 && (
          <ul aria-label="Tags of this run">
            {tags.map((tag) => (
              <li key={tag} className={styles["tag"]}>
                <span>{withVisibleControls(tag)}</span>
                <Button
                  look="quiet"
                  aria-label={`Remove the tag ${withVisibleControls(tag)}`}
                  onPress={() => remove(tag)}
                >
                  <Icon name="close" />
                </Button>
              </li>
            ))}
          </ul>
        )}
        <input
          ref={inputRef}
          id={id}
          type="text"
          list={`${id}-known`}
          placeholder="Add a tag, then Enter"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
          spellCheck={false}
          autoComplete="off"
        />
        <KnownTags id={`${id}-known`} except={tags} />
      </div>
    </div>
  );
}

function KnownTags({ id, except }: { readonly id: string; readonly except: readonly string[] }) {
  const runs = useStudioState((state) => state.runs);
  const known = new Set((runs ?? []).flatMap((run) => run.tags ?? []));
  return (
    <datalist id={id}>
      {[...known]
        .filter((tag) => !except.includes(tag))
        .sort()
        .map((tag) => (
          <option key={tag} value={tag} />
        ))}
    </datalist>
  );
}
