import { startAdd } from "./add.js";
import { onTokenNeeded } from "./api.js";
import { startChat } from "./chat.js";
import { askForToken, startDialogs } from "./dialogs.js";
import { startFilters } from "./filters.js";
import { startLibrary } from "./library.js";

onTokenNeeded(askForToken);
startDialogs();
startAdd();
startFilters();
startChat();
startLibrary();
