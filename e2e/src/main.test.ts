/** Everything, in order, on one chain. */

import "./deployment.js";
import "./market.js";
import "./readme.js";
