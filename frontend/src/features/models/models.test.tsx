import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { aLoadedModel, FakeConnection } from "../../connection/fake-connection";
import type { ModelInfo, TensorInfo } from "../../protocol/types";
import { StudioContext } from "../../state/hooks";
import type { ModelTab } from "../../state/route";
import { Studio } from "../../state/studio";
import { ModelDetails } from "./model-details";
import { ModelPanel } from "./model-panel";

const kFiles = Array.from({ length: 7 }, (_, index) => ({
  path: `/m/model-${index}.gguf`,
  name: `model-${index}.gguf`,
  sizeBytes: 1_000_000 * (index + 1),
}));

function info(changes: Partial<ModelInfo> = {}): ModelInfo {
  const known = aLoadedModel({}, changes).info;
  if (known === undefined) throw new Error("a model without information");
  return known;
}

async function open(view: "panel" | ModelTab, changes: Partial<ModelInfo> = {}) {
  const server = new FakeConnection();
  const studio = new Studio(server);
  server.answer("inspectModel", { kind: "modelInfo", info: info(changes) });
  const onClose = vi.fn();
  render(
    <StudioContext value={studio}>
      {view === "panel" ? (
        <ModelPanel />
      ) : (
        <ModelDetails path="/m/model-1.gguf" tab={view} onClose={onClose} />
      )}
    </StudioContext>,
  );
  await act(async () => server.ready());
  return { server, studio, onClose, person: userEvent.setup() };
}

const asked = (server: FakeConnection) => server.requests.filter(({ kind }) => kind === "inspectModel");

describe("the list of models", () => {
  it("tells of each file what it is, looked up one at a time without weights", async () => {
    const { server } = await open("panel", { quantisation: "Q4_0" });
    await act(async () => server.models({ files: kFiles.slice(0, 3), folders: ["/m"] }));
    await screen.findAllByText(/Q4_0 · llama/);
    await waitFor(() => expect(screen.getAllByText(/Q4_0 · llama/)).toHaveLength(3));
    expect(asked(server)).toHaveLength(3);
    expect(asked(server)[0]).toMatchObject({ path: "/m/model-0.gguf", withTensors: false });
  });

  it("asks for the next file only when the one before is answered, and never twice", async () => {
    const { server } = await open("panel");
    server.answer("inspectModel", "never");
    await act(async () => server.models({ files: kFiles.slice(0, 3) }));
    await act(async () => server.models({ files: kFiles.slice(0, 3).map((file) => ({ ...file })) }));
    expect(asked(server)).toHaveLength(1);
  });

  it("says in words why a file can't be loaded", async () => {
    const { server } = await open("panel");
    server.answer("inspectModel", { code: "NotGguf", message: "This is not a GGUF file.", hint: undefined });
    await act(async () => server.models({ files: kFiles.slice(0, 1) }));
    expect(await screen.findByText(/This is not a GGUF file\./)).toBeDefined();
  });

  it("is narrowed by typing", async () => {
    const { server, person } = await open("panel");
    await act(async () => server.models({ files: kFiles }));
    await person.type(screen.getByRole("searchbox", { name: "Filter models" }), "model-3");
    expect(screen.getAllByRole("button", { name: /^Load model/ })).toHaveLength(1);
    await person.type(screen.getByRole("searchbox", { name: "Filter models" }), "zebra");
    expect(screen.getByText("No model file matches “model-3zebra”.")).toBeDefined();
  });

  it("marks the demo model", async () => {
    const { server } = await open("panel");
    await act(async () =>
      server.models({ files: [{ path: "/m/demo.gguf", name: "demo.gguf", sizeBytes: 5 }] }),
    );
    expect(screen.getByText("demo")).toBeDefined();
  });
});

describe("the load with options", () => {
  const memory = {
    weightsBytes: 4_000_000_000,
    cacheBytes: 1_000_000_000,
    computeBytes: 100_000_000,
    totalBytes: 5_100_000_000,
    availableBytes: 8_000_000_000,
  };

  it("shows what the server would choose and what it costs, and asks anew for other options", async () => {
    const { server, person } = await open("load", { memory, options: { nThreads: 6 } });
    expect(await screen.findByText("5.1 GB")).toBeDefined();
    expect(screen.getByLabelText<HTMLInputElement>("Threads").placeholder).toBe("auto: 6");
    await person.type(screen.getByLabelText("Context length"), "4096");
    await waitFor(() => expect(asked(server).at(-1)).toMatchObject({ options: { nCtx: 4096 } }));
  });

  it("loads with the chosen options", async () => {
    const { server, person, onClose } = await open("load", { memory });
    await screen.findByText("5.1 GB");
    await person.type(screen.getByLabelText("Context length"), "512");
    await person.selectOptions(screen.getByLabelText("Cache type of keys"), "q8_0");
    await person.click(screen.getByRole("button", { name: "Load" }));
    expect(server.requests.find(({ kind }) => kind === "loadModel")).toEqual({
      kind: "loadModel",
      path: "/m/model-1.gguf",
      options: { nCtx: 512, cacheTypeK: "q8_0" },
    });
    expect(onClose).toHaveBeenCalled();
  });

  it("does not load what will not fit unless told to", async () => {
    const { server, person } = await open("load", { memory: { ...memory, availableBytes: 3_000_000_000 } });
    expect(await screen.findByText("This will probably not fit.")).toBeDefined();
    expect(screen.getByRole("button", { name: "Load" }).getAttribute("disabled")).not.toBeNull();
    await person.click(screen.getByRole("switch", { name: "Load even so" }));
    await person.click(screen.getByRole("button", { name: "Load" }));
    expect(server.requests.find(({ kind }) => kind === "loadModel")).toMatchObject({
      options: { ignoreMemory: true },
    });
  });

  it("says what is wrong with an option", async () => {
    const { person } = await open("load", { memory });
    await screen.findByText("5.1 GB");
    await person.type(screen.getByLabelText("Threads"), "many");
    expect(screen.getByText("A whole number, or empty.")).toBeDefined();
    expect(screen.getByRole("button", { name: "Load" }).getAttribute("disabled")).not.toBeNull();
  });
});

describe("the details of a model", () => {
  const tensors: readonly TensorInfo[] = Array.from({ length: 5000 }, (_, index) => ({
    name: `blk.${index}.attn_q.weight`,
    type: index % 2 === 0 ? "F32" : "Q4_0",
    shape: [64, 64],
    sizeBytes: 4096,
  }));

  it("lists thousands of tensors with few rows in the document, searchable by name, type and shape", async () => {
    const { person } = await open("tensors", { tensors });
    const table = await screen.findByRole("table", { name: "Tensors" });
    expect(table.getAttribute("aria-rowcount")).toBe("5001");
    expect(within(table).getAllByRole("row").length).toBeLessThan(80);
    await person.type(screen.getByRole("searchbox", { name: "Search tensors" }), "blk.4999. q4_0");
    expect(screen.getByText(/^1 of 5,000/)).toBeDefined();
    expect(screen.getByText("blk.4999.attn_q.weight")).toBeDefined();
  });

  it("shows a value of the metadata in one line", async () => {
    const entry = { key: "general.name", type: "string", value: "b\nc", count: undefined };
    await open("metadata", { metadata: [entry] });
    expect(await screen.findByText("b↵c")).toBeDefined();
  });

  it("says in sentences what the model lacks", async () => {
    const capabilities = info().capabilities;
    if (capabilities === undefined) throw new Error("a model without capabilities");
    await open("overview", { capabilities: { ...capabilities, attention: false, recurrent: true } });
    expect(await screen.findByText(/keep a running state instead/)).toBeDefined();
    expect(screen.getByText(/fixed size, however long the text/)).toBeDefined();
  });

  it("says that there is no chat template, and what that means", async () => {
    await open("template", { chatTemplate: undefined });
    expect(await screen.findByText(/no chat template/)).toBeDefined();
  });

  it("can be walked through by the arrow keys", async () => {
    const { person } = await open("overview");
    await person.click(screen.getByRole("tab", { name: "Overview" }));
    await person.keyboard("{ArrowRight}");
    expect(window.location.hash).toBe("#/model/%2Fm%2Fmodel-1.gguf/load");
  });
});
