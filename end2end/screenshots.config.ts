import base from "./playwright.config.ts";

/** `make screenshots`: a picture of every page, by the tests' own browser and servers. */
export default { ...base, testDir: "screenshots", retries: 0, timeout: 300_000, projects: [{ name: "screenshots" }] };
