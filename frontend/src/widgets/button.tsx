import type { ComponentProps, ReactNode } from "react";
import styles from "./button.module.css";

type NativeProps = Omit<
  ComponentProps<"button">,
  "className" | "style" | "children" | "disabled" | "onClick"
>;

interface ButtonProps extends NativeProps {
  readonly look?: "plain" | "primary" | "quiet";
  readonly isDisabled?: boolean;
  readonly onPress?: () => void;
  readonly children: ReactNode;
}

export function Button({ look = "plain", isDisabled, onPress, children, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={`${styles["button"]} ${styles[look]}`}
      disabled={isDisabled}
      onClick={onPress === undefined ? undefined : () => onPress()}
    >
      {children}
    </button>
  );
}
