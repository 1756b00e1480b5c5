import { Component, type ReactNode, Suspense } from "react";
import { Notice } from "../../widgets/notice";
import styles from "./composer.module.css";

interface LazyPartProps {
  /** What is being opened, for the words while it is not there. */
  readonly name: string;
  readonly children: ReactNode;
}

/** Room for a part of the composer that is fetched when it is first opened. */
export function LazyPart({ name, children }: LazyPartProps) {
  return (
    <FetchBoundary name={name}>
      <Suspense fallback={<p className={styles["opening"]}>Opening {name} …</p>}>{children}</Suspense>
    </FetchBoundary>
  );
}

/** A part that can't be fetched, because the server is gone, must not take the page with it. */
class FetchBoundary extends Component<LazyPartProps, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Notice
        tone="bad"
        title={`The ${this.props.name} could not be shown: ${error.message}`}
        hint="Reload the page when the server is there; the draft is kept."
      />
    );
  }
}
