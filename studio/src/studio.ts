import "uplot/dist/uPlot.min.css";
import "./style/tokens.css";
import "./style/controls.css";
import "./style/frame.css";
import "./style/compose.css";
import "./style/transfer.css";
import "./style/gallery.css";
import "./main.tsx";
