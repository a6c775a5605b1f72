/** Everything, in order, on one chain. */

import "./deployment.js";
import "./gas.js";
import "./migration.js";
import "./market.js";
import "./attestation.js";
import "./walrus.js";
import "./readme.js";
import "./examples.js";
import "./x402.js";
import "./upgrade.js";
