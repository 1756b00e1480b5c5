import { Component, type ReactNode } from "react";
import { Button } from "../widgets/button";
import { Notice } from "../widgets/notice";

interface ErrorBoundaryState {
  readonly error: Error | undefined;
}

/** The last resort: a fault of the page itself, told in words instead of an empty window. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: undefined };

  static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Notice
        tone="bad"
        title={`The page met a fault of its own: ${this.state.error.message}`}
        hint="Your runs are safe on the server. Reload the page to see them again."
      >
        <Button onPress={() => window.location.reload()}>Reload</Button>
      </Notice>
    );
  }
}
