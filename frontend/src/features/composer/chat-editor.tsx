import { withVisibleControls } from "../../base/visible-text";
import type { ChatMessage } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import styles from "./composer.module.css";
import { Select } from "./select";

interface ChatEditorProps {
  readonly messages: readonly ChatMessage[];
  readonly onChange: (messages: readonly ChatMessage[]) => void;
}

const kRoles: readonly string[] = ["system", "user", "assistant"];

/** A role that an example or a draft brought stays, even if it is none of the usual ones. */
function rolesWith(role: string) {
  const all = kRoles.includes(role) ? kRoles : [...kRoles, role];
  return all.map((value) => ({ value, label: withVisibleControls(value) }));
}

/** The messages that the model's own template turns into a prompt. */
export function ChatEditor({ messages, onChange }: ChatEditorProps) {
  const replace = (index: number, message: ChatMessage) =>
    onChange(messages.map((old, i) => (i === index ? message : old)));
  return (
    <div className={styles["chat"]}>
      {messages.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
        <div key={index} className={styles["message"]}>
          <Select
            label={`Role of message ${index + 1}`}
            value={message.role}
            options={rolesWith(message.role)}
            onChange={(role) => replace(index, { ...message, role })}
          />
          <textarea
            className={styles["text"]}
            aria-label={`Message ${index + 1}`}
            rows={2}
            spellCheck={false}
            value={message.content}
            onChange={(event) => replace(index, { ...message, content: event.target.value })}
          />
          <span className={styles["messageButtons"]}>
            <Button
              look="quiet"
              aria-label={`Move message ${index + 1} up`}
              isDisabled={index === 0}
              onPress={() => onChange(movedUp(messages, index))}
            >
              ↑
            </Button>
            <Button
              look="quiet"
              aria-label={`Remove message ${index + 1}`}
              isDisabled={messages.length === 1}
              onPress={() => onChange(messages.filter((_, i) => i !== index))}
            >
              <Icon name="close" />
            </Button>
          </span>
        </div>
      ))}
      <Button look="quiet" onPress={() => onChange([...messages, { role: nextRole(messages), content: "" }])}>
        <Icon name="plus" /> Add a message
      </Button>
    </div>
  );
}

function nextRole(messages: readonly ChatMessage[]): string {
  return messages.at(-1)?.role === "user" ? "assistant" : "user";
}

function movedUp(messages: readonly ChatMessage[], index: number): readonly ChatMessage[] {
  const message = messages[index];
  return message === undefined ? messages : messages.toSpliced(index, 1).toSpliced(index - 1, 0, message);
}
