import { isMacKeyboard, shortcutKeys } from "../base/shortcut";
import styles from "./shortcut.module.css";

/** The keys of a shortcut, as this person's keyboard has them written. */
export function Shortcut({ keys }: { readonly keys: string }) {
  return (
    <span className={styles["keys"]}>
      {shortcutKeys(keys, isMacKeyboard()).map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
