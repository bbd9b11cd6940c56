// What a person does in Docket, in the words of the page, with scripts and without.

import { type Locator, type Page, type Response, expect } from "@playwright/test";

/** Somebody with an account. */
export interface Person {
  name: string;
  email: string;
  password: string;
}

let people = 0;

/** Somebody without one yet. */
export function somebody(name = "Ada Lovelace"): Person {
  people += 1;
  return { name, email: `person-${people}@example.org`, password: "correct horse battery" };
}

/** Calls a server function for the person whose cookies the page has, without the page. */
export async function send(page: Page, name: string, form: Record<string, string>): Promise<unknown> {
  const answer = await page.request.post(`/fn/${name}`, { form, headers: { accept: "application/json" } });
  expect(answer.ok(), `${name}: ${answer.status()}`).toBe(true);
  return await answer.json();
}

/** Docket in a browser. */
export class App {
  constructor(
    readonly page: Page,
    /** Whether the browser runs scripts. */
    readonly scripts: boolean,
  ) {}

  /** Opens a page, and waits until it answers by itself. */
  async open(path: string): Promise<Response | null> {
    const response = await this.page.goto(path);
    await this.hydrated();
    return response;
  }

  /** Loads the page again. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.hydrated();
  }

  /** Waits until scripts have taken over the page, if they run. */
  async hydrated(): Promise<void> {
    if (this.scripts) await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", "true");
  }

  /** Does something that changes something on the server, and waits until the server has answered. */
  async saved(action: () => Promise<void>): Promise<void> {
    const answer = this.page.waitForResponse((response) => response.request().method() === "POST");
    await action();
    await (await answer).finished();
    if (!this.scripts) await this.page.waitForLoadState();
  }

  /** The input or button with this label. */
  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  /** The button with this label. */
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  // --- Account

  /** Makes an account, by the page, and ends on the tasks. */
  async register(person: Person): Promise<void> {
    await this.open("/register");
    await this.field("Name").fill(person.name);
    await this.field("E-mail address").fill(person.email);
    await this.field("Password").fill(person.password);
    await this.button("Make the account").click();
    await this.atTasks();
  }

  /** Logs in on the page that is open. */
  async logIn(person: Person): Promise<void> {
    await this.field("E-mail address").fill(person.email);
    await this.field("Password").fill(person.password);
    await this.button("Log in").click();
  }

  /** Logs out, from any page. */
  async logOut(): Promise<void> {
    await this.page.getByRole("banner").getByRole("button", { name: "Log out" }).click();
    await expect(this.page).toHaveURL(/\/login$/);
    await expect(this.page.getByRole("heading", { name: "Log in" })).toBeVisible();
    await this.hydrated();
  }

  /** Waits for the tasks. */
  async atTasks(): Promise<void> {
    await expect(this.page).toHaveURL(/\/tasks$/);
    await expect(this.page.getByRole("heading", { name: "Tasks", exact: true })).toBeVisible();
    await this.hydrated();
  }

  // --- Tasks

  /** The tasks still to do. */
  get todo(): Locator {
    return this.page.getByRole("list", { name: "Open tasks" });
  }

  /** The completed ones. */
  get done(): Locator {
    return this.page.getByRole("list", { name: "Completed tasks" });
  }

  /** The titles of a list, from the top. */
  titles(list: Locator): Locator {
    return list.locator(".task-title");
  }

  /** The row of the task with this title. */
  task(title: string): Locator {
    return this.page.getByRole("listitem").filter({ has: this.page.locator(".task-title").getByText(title, { exact: true }) });
  }

  /** Adds a task; the server need not have answered yet. */
  async add(title: string, description = ""): Promise<void> {
    await this.field("New task").fill(title);
    if (description) {
      await this.page.getByText("Add a description").click();
      await this.field("Description").fill(description);
    }
    await this.button("Add").click();
  }

  /** Completes a task. */
  async complete(title: string): Promise<void> {
    await this.button(`Complete “${title}”`).click();
  }

  /** Makes a completed task one to do again. */
  async reopen(title: string): Promise<void> {
    await this.button(`Reopen “${title}”`).click();
  }

  /** Moves a task to the trash. */
  async trash(title: string): Promise<void> {
    await this.button(`Delete “${title}”`).click();
  }

  /** Opens the editor of a task, and gives it. */
  async edit(title: string): Promise<Locator> {
    await this.task(title).getByRole("link", { name: title, exact: true }).click();
    await expect(this.editor).toBeVisible();
    await this.hydrated();
    return this.editor;
  }

  /** The task that is being edited. */
  get editor(): Locator {
    return this.page.locator("li.editing");
  }

  /** The messages in the corner. */
  get messages(): Locator {
    return this.page.getByRole("region", { name: "Messages" });
  }

  /** Adds tasks without the page, the last one on top, and shows them: for tests about something else. */
  async seed(...titles: string[]): Promise<void> {
    for (const title of titles) await send(this.page, "add_task", { title });
    await this.open("/tasks");
  }
}
