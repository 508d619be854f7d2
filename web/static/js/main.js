import { startAdd } from "./add.js";
import { onTokenNeeded } from "./api.js";
import { startChat } from "./chat.js";
import { askForToken } from "./dialogs.js";
import { startFilters } from "./filters.js";

onTokenNeeded(askForToken);
startAdd();
startFilters();
startChat();
