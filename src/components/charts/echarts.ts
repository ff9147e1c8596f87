import { BarChart, PieChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

/**
 * ECharts with the parts that our charts need and no others: the server and the browser share this
 * list.
 */
use([BarChart, PieChart, GridComponent, SVGRenderer]);

export { init, use };
