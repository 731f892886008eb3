import { Dashboard } from "./page/dashboard.ts";

new Dashboard(document).start();
