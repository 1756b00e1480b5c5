import type { ChatMessage } from "../../protocol/types";
import { Button } from "../../widgets/button";
import { Icon } from "../../widgets/icon";
import styles from "./composer.module.css";

interface ChatEditorProps {
  readonly messages: readonly ChatMessage[];
  readonly onChange: (messages: readonly ChatMessage[]) => void;
}

const kRoles = ["system", "user", "assistant"] as const;

/** The messages that the model's own template turns into a prompt. */
export function ChatEditor({ messages, onChange }: ChatEditorProps) {
  const replace = (index: number, message: ChatMessage) =>
    onChange(messages.map((old, i) => (i === index ? message : old)));
  return (
    <div className={styles["chat"]}>
      {messages.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
        <div key={index} className={styles["message"]}>
          <select
            aria-label={`Role of message ${index + 1}`}
            value={message.role}
            onChange={(event) => replace(index, { ...message, role: event.target.value })}
          >
            {kRoles.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
          <textarea
            className={styles["text"]}
            aria-label={`Message ${index + 1}`}
            rows={2}
            spellCheck={false}
            value={message.content}
            onChange={(event) => replace(index, { ...message, content: event.target.value })}
          />
          <Button
            look="quiet"
            aria-label={`Remove message ${index + 1}`}
            isDisabled={messages.length === 1}
            onPress={() => onChange(messages.filter((_, i) => i !== index))}
          >
            <Icon name="close" />
          </Button>
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
