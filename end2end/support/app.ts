// What a person does in Docket, in the words of the page, with scripts and without.

import { type Locator, type Page, type Response, expect } from "@playwright/test";

/** Somebody with an account. */
export interface Person {
  name: string;
  email: string;
  password: string;
}

/** What somebody may write down about a task. */
export interface Draft {
  title: string;
  description?: string;
  status?: "pending" | "in_progress" | "completed";
  priority?: "low" | "medium" | "high" | "urgent";
  due_date?: string;
  due_time?: string;
}

/** What the server answers to a change. */
interface Changed {
  change: string;
  tasks: { id: string; version: number }[];
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

/** Makes a change without the page: for tests about something else. Gives the change and the ids of its tasks. */
export async function change(page: Page, name: string, form: Record<string, string>): Promise<{ change: string; ids: string[] }> {
  const { change, tasks } = (await send(page, name, form)) as Changed;
  return { change, ids: tasks.map((task) => task.id) };
}

/** The functions that only read. */
const READS = /\/fn\/(list_\w+|get_\w+|current_user|judge_password)$/;

/** Whether a request changes something. */
export function changes(request: { method(): string; url(): string }): boolean {
  return request.method() === "POST" && !READS.test(request.url());
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
    const answer = this.page.waitForResponse((response) => changes(response.request()));
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

  /** Waits for the page with this title and path; the URL may say besides what was just done. */
  async at(path: string, title: string): Promise<void> {
    await expect(this.page).toHaveURL(new RegExp(`${path}(\\?done=[^&]*)?$`));
    await expect(this.page.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
    await this.hydrated();
  }

  // --- Account

  /** Makes an account, by the page, and ends on today's tasks. */
  async register(person: Person): Promise<void> {
    await this.open("/register");
    await this.fillIn(person);
    await this.atToday();
  }

  /** Makes an account on the page that is open. */
  async fillIn(person: Person): Promise<void> {
    await this.field("Name").fill(person.name);
    await this.field("E-mail address").fill(person.email);
    await this.field("Password").fill(person.password);
    await this.button("Make the account").click();
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

  // --- Pages

  /** Waits for all tasks. */
  async atTasks(): Promise<void> {
    await this.at("/tasks", "Tasks");
  }

  /** Waits for today's tasks, which is where a person lands. */
  async atToday(): Promise<void> {
    await this.at("/today", "Today");
  }

  /** Goes to a page of tasks by the links in the header. */
  async go(name: "Today" | "Upcoming" | "All" | "Board" | "Trash"): Promise<void> {
    await this.page.getByRole("navigation", { name: "Tasks" }).getByRole("link", { name, exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: name === "All" ? "Tasks" : name, exact: true })).toBeVisible();
    await this.hydrated();
  }

  // --- Tasks

  /** The list under a heading; the name of a column or a day is the heading itself. */
  list(name: string): Locator {
    return this.page.getByRole("list", { name, exact: true });
  }

  /** The tasks still to do. */
  get todo(): Locator {
    return this.list("Open tasks");
  }

  /** The completed ones. */
  get done(): Locator {
    return this.list("Completed tasks");
  }

  /** What a search has found. */
  get found(): Locator {
    return this.list("Found tasks");
  }

  /** What lies in the trash. */
  get deleted(): Locator {
    return this.list("Deleted tasks");
  }

  /** The titles of a list, from the top; without a list, all on the page. */
  titles(list?: Locator): Locator {
    return (list ?? this.page).locator(".task-title");
  }

  /** The row of the task with this title. */
  task(title: string): Locator {
    return this.page.getByRole("listitem").filter({ has: this.page.locator(".task-title").getByText(title, { exact: true }) });
  }

  /** The title of a task, which leads to its page. */
  link(title: string): Locator {
    return this.task(title).getByRole("link", { name: title, exact: true });
  }

  /** What a task says beside its title. */
  signs(title: string): Locator {
    return this.task(title).locator(".sign");
  }

  /** Shows the fields for a description and a time. */
  async more(): Promise<void> {
    const details = this.page.locator("details.add-more");
    if (!(await details.evaluate((details) => (details as HTMLDetailsElement).open))) await details.locator("summary").click();
  }

  /** Adds a task; the server need not have answered yet. */
  async add(title: string, description = ""): Promise<void> {
    await this.field("New task").fill(title);
    if (description) {
      await this.more();
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

  /** What opens the menu of a task. */
  opener(title: string): Locator {
    return this.task(title).locator("summary");
  }

  /** Opens the menu of a task, and gives it. */
  async menu(title: string): Promise<Locator> {
    const menu = this.task(title).locator(".menu-items");
    if (!(await menu.isVisible())) await this.opener(title).click();
    await expect(menu).toBeVisible();
    return menu;
  }

  /** Chooses something from the menu of a task. */
  async choose(title: string, item: string): Promise<void> {
    await (await this.menu(title)).getByRole("button", { name: item, exact: true }).click();
  }

  /** Moves a task to the trash. */
  async trash(title: string): Promise<void> {
    await this.choose(title, `Delete “${title}”`);
  }

  /** Takes a task out of the trash. */
  async restore(title: string): Promise<void> {
    await this.button(`Restore “${title}”`).click();
  }

  /** Opens the page of a task, and gives its form. */
  async edit(title: string): Promise<Locator> {
    await this.link(title).click();
    await expect(this.editor).toBeVisible();
    await this.hydrated();
    return this.editor;
  }

  /** The form with all of a task. */
  get editor(): Locator {
    return this.page.locator("form.editor");
  }

  /** Saves the task that is open, without waiting. */
  async save(): Promise<void> {
    await this.editor.getByRole("button", { name: "Save" }).click();
  }

  /** Goes from the page of a task to all tasks, or closes it beside them. */
  async back(): Promise<void> {
    await this.wayBack.click();
    await this.atTasks();
  }

  /** Leads from a task to its list. */
  get wayBack(): Locator {
    return this.page.getByRole("article").getByRole("link", { name: /^(← |Close the task$)/ });
  }

  /** What happened to the task that is open, the last first. */
  get history(): Locator {
    return this.page.locator("section.history > ol > li");
  }

  /** Shows the check boxes. */
  async selecting(): Promise<void> {
    await this.field("Select").check();
  }

  /** Selects tasks. */
  async select(...titles: string[]): Promise<void> {
    if (!(await this.field("Select").isChecked())) await this.selecting();
    for (const title of titles) await this.field(`Select “${title}”`).check();
  }

  /** What can be done to the selected ones. */
  get bulk(): Locator {
    return this.page.getByRole("form", { name: "Selected tasks" });
  }

  /** Does something to the selected ones. */
  async withSelected(what: string): Promise<void> {
    await this.bulk.getByRole("button", { name: what, exact: true }).click();
  }

  /** The messages in the corner, which only scripts can show. */
  get messages(): Locator {
    return this.page.getByRole("region", { name: "Messages" });
  }

  /** What the page says was just done: in a corner with scripts, above the list without. */
  get told(): Locator {
    return this.page.getByRole("status");
  }

  /** Takes back what was just done. */
  async undo(): Promise<void> {
    await this.told.getByRole("button", { name: "Undo" }).click();
  }

  /** Makes tasks without the page, the last one on top: for tests about something else. Gives their ids. */
  async make(...drafts: (string | Draft)[]): Promise<string[]> {
    const made: string[] = [];
    for (const draft of drafts) {
      const form = typeof draft === "string" ? { title: draft } : { ...draft };
      made.push(...(await change(this.page, "add_task", form)).ids);
    }
    return made;
  }

  /** Makes tasks and shows them. */
  async seed(...drafts: (string | Draft)[]): Promise<string[]> {
    const made = await this.make(...drafts);
    await this.open("/tasks");
    return made;
  }
}
