import { type Command, useAllCommands } from "../../state/commands";
import { Dialog } from "../../widgets/dialog";
import { Shortcut } from "../../widgets/shortcut";
import styles from "./shortcut-overview.module.css";

interface ShortcutOverviewProps {
  readonly areSingleKeysOn: boolean;
  readonly onClose: () => void;
}

/** Keys that views deal with themselves, because they mean something only there. */
const kOfViews: readonly { readonly keys: string; readonly title: string }[] = [
  { keys: "ArrowLeft ArrowRight", title: "Token before, token after" },
  { keys: "ArrowUp ArrowDown", title: "Line above, line below" },
  { keys: "Home End", title: "First token, last token" },
  { keys: "Enter", title: "Go to the inspector" },
];

/** The shortcuts of what is on the page now, as the registry of commands has them. */
export function ShortcutOverview({ areSingleKeysOn, onClose }: ShortcutOverviewProps) {
  const commands = useAllCommands().filter(({ shortcut }) => shortcut !== undefined);
  const groups = Object.entries(byGroup(commands));
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className={styles["groups"]}>
        {groups.map(([group, ofGroup]) => (
          <section key={group} className={styles["group"]}>
            <h3>{group}</h3>
            <dl>
              {ofGroup.map(({ id, title, shortcut }) => (
                <Row key={id} title={title} keys={shortcut ?? ""} />
              ))}
            </dl>
          </section>
        ))}
        <section className={styles["group"]}>
          <h3>In the token stream</h3>
          <dl>
            {kOfViews.map(({ keys, title }) => (
              <Row key={keys} title={title} keys={keys} />
            ))}
          </dl>
        </section>
      </div>
      <p className={styles["note"]}>
        {areSingleKeysOn
          ? "Keys without Ctrl or Cmd work outside of text fields. They can be switched off in the settings."
          : "Keys without Ctrl or Cmd are switched off in the settings."}
      </p>
    </Dialog>
  );
}

function Row({ title, keys }: { readonly title: string; readonly keys: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <Shortcut keys={keys} />
      </dd>
    </div>
  );
}

function byGroup(commands: readonly Command[]): Readonly<Record<string, readonly Command[]>> {
  const groups: Record<string, Command[]> = {};
  for (const command of commands) {
    groups[command.group] = [...(groups[command.group] ?? []), command];
  }
  return groups;
}
