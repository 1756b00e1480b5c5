import { formatCount } from "../base/format";
import { ConnectionStatus } from "../features/connection-status/connection-status";
import { useSelectedModel } from "../state/hooks";
import { openOverlay } from "../state/route";
import { Button } from "../widgets/button";
import { Icon } from "../widgets/icon";
import { Popover } from "../widgets/popover";
import { Shortcut } from "../widgets/shortcut";
import styles from "./header.module.css";
import { kPanels, type Panels } from "./panels";

interface HeaderProps {
  /** Undefined: the window is too narrow for panels side by side. */
  readonly panels: Panels | undefined;
  readonly onPalette: () => void;
}

export function Header({ panels, onPalette }: HeaderProps) {
  return (
    <header className={styles["header"]}>
      <h1 className={styles["logo"]}>
        <i aria-hidden="true" />
        <span>Inferno</span>
      </h1>
      <SelectedModel />
      <span className={styles["grow"]} />
      {panels !== undefined && <PanelButtons panels={panels} />}
      <Button look="quiet" onPress={onPalette}>
        <span className={styles["words"]}>Commands</span>
        <Shortcut keys="$mod+k" />
      </Button>
      <Button look="quiet" aria-label="Settings" onPress={() => openOverlay({ kind: "settings" })}>
        <Icon name="settings" />
      </Button>
      <ConnectionStatus />
    </header>
  );
}

/** The model that the next run uses; a click opens its details. */
function SelectedModel() {
  const model = useSelectedModel();
  if (model?.info === undefined) return null;
  const { info } = model;
  const about = [
    info.architecture,
    info.quantisation,
    info.capabilities?.generate === false ? "vocabulary only" : `${formatCount(info.nCtx)} ctx`,
  ]
    .filter((part) => part !== "")
    .join(" · ");
  return (
    <div className={styles["model"]} title={`${model.name} · ${about}`}>
      <Button onPress={() => openOverlay({ kind: "model", path: model.path, tab: "overview" })}>
        <b>{model.name}</b>
        <span>{about}</span>
      </Button>
    </div>
  );
}

function PanelButtons({ panels }: { readonly panels: Panels }) {
  return (
    <fieldset className={styles["panels"]} aria-label="Panels">
      {kPanels.map(({ id, name, icon }) => (
        <Button
          key={id}
          look="quiet"
          aria-label={`Show the panel: ${name}`}
          aria-pressed={panels.isOpen(id)}
          onPress={() => panels.toggle(id)}
        >
          <Icon name={icon} />
        </Button>
      ))}
      <Popover label="Sizes of the panels" triggerLabel="Sizes of the panels" trigger={<Icon name="sizes" />}>
        <PanelSizes panels={panels} />
      </Popover>
    </fieldset>
  );
}

/** What dragging a splitter does, for people who can't drag. */
function PanelSizes({ panels }: { readonly panels: Panels }) {
  return (
    <div className={styles["sizes"]}>
      {kPanels.map(({ id, name }) => (
        <div key={id} className={styles["size"]}>
          <span>{name}</span>
          <Button aria-label={`Smaller: ${name}`} onPress={() => panels.grow(id, -1)}>
            −
          </Button>
          <Button aria-label={`Larger: ${name}`} onPress={() => panels.grow(id, 1)}>
            +
          </Button>
        </div>
      ))}
      <Button onPress={() => panels.reset()}>Sizes that suit the window</Button>
    </div>
  );
}
