import type { LoadedModel } from "../protocol/types";
import { useIsReady, useStudio, useStudioState } from "../state/hooks";
import { Button } from "../widgets/button";
import { Shortcut } from "../widgets/shortcut";
import styles from "./welcome.module.css";

const isVocabulary = ({ state, info }: LoadedModel) =>
  state === "ready" && info?.capabilities?.generate === false;
const canGenerate = (model: LoadedModel) => model.state === "ready" && !isVocabulary(model);

/** What to do first, or next; shown while no run is in sight. */
export function Welcome() {
  const studio = useStudio();
  const isReady = useIsReady();
  const hasModel = useStudioState((state) => state.loaded.some(canGenerate));
  const hasVocabulary = useStudioState((state) => state.loaded.some(isVocabulary));
  const isLoading = useStudioState(
    (state) => state.loads.length > 0 || state.loaded.some(({ state: s }) => s === "loading"),
  );
  const demo = useStudioState((state) => state.files?.find(({ path }) => /(^|[\\/])demo\.gguf$/i.test(path)));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={styles["welcome"]} aria-label="Getting started" tabIndex={0}>
      <h2>See what a model does at every token</h2>
      <ol>
        <li data-done={hasModel}>
          {hasModel
            ? "A model is loaded and ready."
            : isLoading
              ? "The model is being loaded; that takes a moment."
              : hasVocabulary
                ? "Load a model that can generate: the loaded file is a vocabulary only, which turns text into tokens."
                : "Load a model: choose a GGUF file under “Models”, or type the path of one."}
          {!hasModel && !isLoading && demo !== undefined && (
            <Button look="primary" isDisabled={!isReady} onPress={() => void studio.loadModel(demo.path)}>
              Load the small demo model
            </Button>
          )}
        </li>
        <li>
          Write a prompt above and press Run. Tokens appear as they are generated, tinted by their
          probability.
        </li>
        <li>
          Click a token, or move with the arrow keys, to see why it was chosen and what else could have been.
        </li>
      </ol>
      <p className={styles["keys"]}>
        Everything can be done by keyboard: <Shortcut keys="$mod+k" /> finds any command,{" "}
        <Shortcut keys="?" /> lists the shortcuts. A <i aria-hidden="true">?</i>
        <span className={styles["hidden"]}>question mark</span> beside a number explains it.
      </p>
      {!isReady && <p>The page is waiting for its server.</p>}
    </section>
  );
}
