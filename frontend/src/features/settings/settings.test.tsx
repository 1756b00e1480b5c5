import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { FakeConnection } from "../../connection/fake-connection";
import { StudioContext } from "../../state/hooks";
import { createPreferences } from "../../state/preferences";
import { Studio } from "../../state/studio";
import { ServerSettings } from "./server-settings";
import { Settings } from "./settings";

async function open() {
  const server = new FakeConnection();
  const studio = new Studio(server);
  const preferences = createPreferences(window.localStorage);
  render(
    <StudioContext value={studio}>
      <Settings preferences={preferences} onClose={() => undefined} />
    </StudioContext>,
  );
  await act(async () => server.ready());
  return { server, preferences, person: userEvent.setup() };
}

const remembered = () => createPreferences(window.localStorage).getState();

describe("the settings", () => {
  it("are kept by the browser", async () => {
    const { person } = await open();
    await person.click(screen.getByRole("radio", { name: "Light" }));
    await person.click(screen.getByRole("radio", { name: "Huge" }));
    await person.selectOptions(screen.getByLabelText("Measure that tints the tokens"), "Entropy");
    await person.click(screen.getByRole("switch", { name: "Shortcuts of a single key" }));
    expect(remembered()).toMatchObject({
      theme: "light",
      textSize: "huge",
      measure: "entropy",
      singleKeys: false,
    });
  });

  it("say in words what is wrong with an address", async () => {
    const { person } = await open();
    await person.type(screen.getByLabelText("Address of another server"), "ftp://elsewhere");
    expect(screen.getByText("Inferno does not speak “ftp”.")).toBeDefined();
    expect(screen.getByRole("button", { name: "Go there" }).getAttribute("disabled")).not.toBeNull();
  });

  it("lead to another server's own page, with its token", async () => {
    const visited: string[] = [];
    render(
      <StudioContext value={new Studio(new FakeConnection())}>
        <ServerSettings visit={(url) => visited.push(url)} />
      </StudioContext>,
    );
    const token = "0123456789abcdef0123456789abcdef";
    const person = userEvent.setup();
    await person.type(screen.getByLabelText("Address of another server"), `10.0.0.5:7717/?token=${token}`);
    await person.click(screen.getByRole("button", { name: "Go there" }));
    expect(visited).toEqual([`http://10.0.0.5:7717/?token=${token}`]);
  });

  it("tell the versions once the server has told them", async () => {
    await open();
    expect(screen.getByText("llama.cpp").parentElement?.textContent).toContain("0.5.0");
  });
});
