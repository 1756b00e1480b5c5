import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import styles from "./button.module.css";

interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  readonly look?: "plain" | "primary" | "quiet";
  readonly children: ReactNode;
}

export function Button({ look = "plain", children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`${styles["button"]} ${styles[look]}`}>
      {children}
    </AriaButton>
  );
}
